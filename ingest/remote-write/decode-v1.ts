import { identifySeries, type Label, type SeriesIdentity } from './accept-labels.ts';
import type { IdentityCache } from './identity-cache.ts';
import { REMOTE_WRITE_LIMITS as LIMITS } from './limits.ts';
import { type Cursor, ExcessError, enter, leave, MalformedError, readFields, readText } from './protobuf.ts';
import { readHistogram } from './read-histogram.ts';
import { addSeries, countSample, type RequestRun, readPlainSample, readSample, startRequest } from './read-sample.ts';
import { METRIC_TYPES, type MetricMetadata, type WriteRequest, type WrittenSeries } from './write-request.ts';

const labelTag = 0x0a;
const suffix = /_(?:total|count|sum|bucket)$/;

/** Reads a message `prometheus.WriteRequest`. MalformedError, ExcessError, or what pbf throws when the bytes are none. */
export function decodeV1(bytes: Buffer, identities: IdentityCache): WriteRequest {
  const run = startRequest(bytes);
  const metadata = new Map<string, MetricMetadata>();
  readFields(run.cursor, bytes.length, (field) => {
    if (field === 1) addSeries(run, readSeries(run, bytes.length, identities));
    else if (field === 3) readMetadata(run.cursor, bytes.length, metadata);
  });
  if (metadata.size > 0) for (const series of run.request.series) describe(series, metadata);
  return run.request;
}

function readSeries(run: RequestRun, end: number, identities: IdentityCache): WrittenSeries {
  const { cursor } = run;
  const { reader } = cursor;
  const stop = enter(cursor, end);
  const start = reader.pos;
  const identity = readIdentity(cursor, stop, identities);
  const series: WrittenSeries = { identity, metadata: undefined, startAt: 0, points: [], histograms: [] };
  let hasLateLabels = false;
  while (readPlainSample(run, stop, series));
  for (let field = reader.nextField(stop); field !== 0; field = reader.nextField(stop)) {
    if (field === 2) readSample(run, stop, series);
    else if (field === 4) series.histograms.push(countHistogram(run, stop));
    else if (field === 3) run.request.exemplars++;
    else if (field === 1) hasLateLabels = true;
  }
  leave(cursor, stop);
  if (hasLateLabels) series.identity = identifyAgain(cursor, start, stop);
  return series;
}

function countHistogram(run: RequestRun, end: number) {
  countSample(run);
  return readHistogram(run.cursor, end);
}

/** Who the labels at the front of a series say it is; the cursor goes behind them. */
function readIdentity(cursor: Cursor, end: number, identities: IdentityCache): SeriesIdentity {
  const { reader, bytes } = cursor;
  const start = reader.pos;
  const expected = identities.follow(cursor, start, end);
  if (expected !== undefined && bytes[start + expected.length] !== labelTag) {
    reader.pos = start + expected.length;
    return expected.value;
  }
  let pos = start;
  while (pos < end && bytes[pos] === labelTag) {
    reader.pos = pos + 1;
    pos = reader.readVarint() + reader.pos;
  }
  if (!(pos <= end)) throw new MalformedError('a label beyond the end of its series');
  const identity = identities.get(cursor, { start, end: pos }, () => identifySeries(readLabels(cursor, start, pos)));
  reader.pos = pos;
  return identity;
}

// Fields may come in any order, though no sender makes use of it.
function identifyAgain(cursor: Cursor, start: number, end: number): SeriesIdentity {
  const identity = identifySeries(readLabels(cursor, start, end));
  cursor.reader.pos = end;
  return identity;
}

function readLabels(cursor: Cursor, start: number, end: number): Label[] {
  const labels: Label[] = [];
  cursor.reader.pos = start;
  readFields(cursor, end, (field) => {
    if (field === 1) labels.push(readLabel(cursor, end));
  });
  return labels;
}

function readLabel(cursor: Cursor, end: number): Label {
  const stop = enter(cursor, end);
  let name: string | undefined = '';
  let value: string | undefined = '';
  readFields(cursor, stop, (field) => {
    if (field === 1) name = readText(cursor, stop);
    else if (field === 2) value = readText(cursor, stop);
  });
  return [name, value];
}

function readMetadata(cursor: Cursor, end: number, families: Map<string, MetricMetadata>): void {
  if (families.size >= LIMITS.metadata) throw new ExcessError(`more than ${LIMITS.metadata} metric families`);
  const { reader } = cursor;
  const stop = enter(cursor, end);
  let family: string | undefined;
  const metadata: MetricMetadata = { type: 'unknown', unit: '' };
  readFields(cursor, stop, (field) => {
    if (field === 1) metadata.type = METRIC_TYPES[reader.readVarint()] ?? 'unknown';
    else if (field === 2) family = readText(cursor, stop);
    else if (field === 5) metadata.unit = readText(cursor, stop) ?? '';
  });
  if (family !== undefined) families.set(family, metadata);
}

// The family of a counter may be named with or without its suffix, that of a histogram or summary never has one.
function describe(series: WrittenSeries, families: ReadonlyMap<string, MetricMetadata>): void {
  const { metric } = series.identity;
  series.metadata = families.get(metric) ?? families.get(metric.replace(suffix, ''));
}
