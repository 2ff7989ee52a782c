import { parseArgs } from 'node:util';
import { benchAnalytics } from './analytics/analytics.ts';
import { benchEndToEnd } from './e2e.ts';
import { describeMachine, type Figure, formatFigures, readBaseline, saveBaseline } from './figures.ts';
import { benchFootprint } from './footprint.ts';
import { benchIngest } from './ingest.ts';
import { benchKafka } from './kafka.ts';
import { benchOtlp } from './otlp.ts';
import type { Part } from './part.ts';
import { benchPoints } from './points.ts';
import { benchQuery } from './query.ts';
import { benchRateLimits } from './rate-limits.ts';
import { benchRemoteWrite } from './remote-write.ts';
import { benchTelemetry } from './telemetry.ts';

const parts: Readonly<Record<string, Part>> = {
  ingest: benchIngest,
  e2e: benchEndToEnd,
  query: benchQuery,
  footprint: benchFootprint,
  analytics: benchAnalytics,
  kafka: benchKafka,
  limits: benchRateLimits,
  telemetry: benchTelemetry,
  otlp: benchOtlp,
  'remote-write': benchRemoteWrite,
  points: benchPoints,
};
const defaults = { seconds: '20', sizes: '1000000,10000000' };
const maxSeconds = 600;
const maxSize = 100_000_000;
const batchSize = 1_000;
const help = `usage: npm run bench -- [${Object.keys(parts).join('] [')}] [--seconds <load time>] [--sizes <events,events>] [--save]
Without names every part runs. --save stores the figures as the new baseline.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.error(help);
    return 2;
  }
  const machine = describeMachine();
  console.log(
    `${machine.cores} cores, ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
  );
  const figures: Figure[] = [];
  for (const [name, part] of options.chosen) {
    console.log(`\n== ${name}`);
    figures.push(...(await part({ ...options, print: (text) => console.log(`\n${text}`) })));
  }
  console.log(`\n== figures\n\n${formatFigures(figures, readBaseline())}`);
  if (options.isSaving) saveBaseline(figures);
  return 0;
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: defaults.seconds },
      sizes: { type: 'string', default: defaults.sizes },
      save: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  const sizes = values.sizes.split(',').map(Number);
  const names = positionals.length === 0 ? Object.keys(parts) : positionals;
  const chosen = names.flatMap((name): [string, Part][] => (parts[name] === undefined ? [] : [[name, parts[name]]]));
  const isValid = chosen.length === names.length && seconds > 0 && seconds <= maxSeconds && areSizes(sizes);
  return isValid ? { seconds, sizes, chosen, isSaving: values.save } : undefined;
}

/** Ascending, and whole batches each. */
function areSizes(sizes: readonly number[]): boolean {
  return sizes.every((size, index) => {
    const isBatches = Number.isInteger(size / batchSize) && size > 0 && size <= maxSize;
    return isBatches && size > (sizes[index - 1] ?? 0);
  });
}
