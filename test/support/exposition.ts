/** One line of a metrics answer. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const suffixes = ['', '_bucket', '_sum', '_count'];

/** The samples of a text in Prometheus' exposition format. Throws where the text breaks its rules or ours about names. */
export function readExposition(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line is not ended');
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n').filter(Boolean)) {
    if (line.startsWith('#')) {
      readComment(line, types);
      continue;
    }
    const sample = readSample(line);
    const family = suffixes
      .map((suffix) => sample.name.slice(0, -suffix.length || undefined))
      .find((name) => types.has(name));
    if (family === undefined) throw new Error(`${sample.name} has no TYPE before it`);
    checkName(family, types.get(family));
    const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (seen.has(series)) throw new Error(`${series} is there twice`);
    seen.add(series);
    samples.push(sample);
  }
  return samples;
}

/** The value of the one sample with these labels; undefined when there is none. */
export function sampleOf(samples: readonly Sample[], name: string, labels: Record<string, string>): number | undefined {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  return samples.find((one) => one.name === name && JSON.stringify(Object.entries(one.labels).sort()) === wanted)
    ?.value;
}

function readComment(line: string, types: Map<string, string>): void {
  const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
  if (keyword === undefined) throw new Error(`not HELP and not TYPE: ${line}`);
  if (keyword === 'HELP') return;
  if (types.has(name)) throw new Error(`${name} has two types`);
  types.set(name, rest);
}

function readSample(line: string): Sample {
  const [, name, labelText = '', valueText = ''] = sampleLine.exec(line) ?? [];
  const value = valueText === '+Inf' ? Number.POSITIVE_INFINITY : Number(valueText);
  if (name === undefined || Number.isNaN(value)) throw new Error(`not a sample: ${line}`);
  return { name, labels: readLabels(labelText), value };
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  for (let at = 0; at < text.length; at = labelPair.lastIndex) {
    const [, name, value] = labelPair.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not labels: ${text}`);
    if (/tenant|org|key|customer/.test(name)) throw new Error(`label ${name} would grow with the number of clients`);
    labels[name] = value;
  }
  return labels;
}

function checkName(family: string, type: string | undefined): void {
  if (!family.startsWith('tidemark_')) throw new Error(`${family} does not begin with tidemark_`);
  const isTotal = family.endsWith('_total');
  if (isTotal !== (type === 'counter')) throw new Error(`${family} is a ${type}: counters and only they end in _total`);
}
