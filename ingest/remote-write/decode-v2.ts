import type { PbfReader } from 'pbf';
import { identifySeries, type Label, type SeriesIdentity } from './accept-labels.ts';
import { REMOTE_WRITE_LIMITS as LIMITS } from './limits.ts';
import {
  type Cursor,
  ExcessError,
  enter,
  leave,
  MalformedError,
  readFields,
  readRepeated,
  readText,
} from './protobuf.ts';
import { readHistogram } from './read-histogram.ts';
import { addSeries, countSample, type RequestRun, readSample, startRequest } from './read-sample.ts';
import { METRIC_TYPES, type MetricMetadata, type WriteRequest, type WrittenSeries } from './write-request.ts';

/** Undefined where the bytes are not UTF-8. */
type Symbols = readonly (string | undefined)[];

/** References of a series: names and values of more labels than any series may have are not read. */
const maxReferences = 4 * LIMITS.labels;

/** Reads a message `io.prometheus.write.v2.Request`. MalformedError, ExcessError, or what pbf throws when the bytes are none. */
export function decodeV2(bytes: Buffer): WriteRequest {
  const run = startRequest(bytes);
  const { cursor } = run;
  const symbols = readSymbols(cursor, bytes.length);
  cursor.reader.pos = 0;
  readFields(cursor, bytes.length, (field) => {
    if (field === 5) addSeries(run, readSeries(run, bytes.length, symbols));
  });
  return run.request;
}

// Before the series, wherever they are in the message.
function readSymbols(cursor: Cursor, end: number): Symbols {
  const symbols: (string | undefined)[] = [];
  readFields(cursor, end, (field) => {
    if (field !== 4) return;
    if (symbols.length >= LIMITS.symbols) throw new ExcessError(`more than ${LIMITS.symbols} symbols`);
    symbols.push(readText(cursor, end));
  });
  return symbols;
}

function readSeries(run: RequestRun, end: number, symbols: Symbols): WrittenSeries {
  const { cursor } = run;
  const { reader } = cursor;
  const stop = enter(cursor, end);
  const references: number[] = [];
  const series: WrittenSeries = { identity: nobody, metadata: undefined, startAt: 0, points: [], histograms: [] };
  for (let field = reader.nextField(stop); field !== 0; field = reader.nextField(stop)) {
    if (field === 1) readRepeated(cursor, { end: stop, max: maxReferences, values: references }, readReference);
    else if (field === 2) readSample(run, stop, series);
    else if (field === 3) readCounted(run, stop, series);
    else if (field === 4) run.request.exemplars++;
    else readAbout(cursor, { field, end: stop, symbols }, series);
  }
  leave(cursor, stop);
  series.identity = identifySeries(labelsOf(references, symbols));
  return series;
}

interface AboutField {
  field: number;
  end: number;
  symbols: Symbols;
}

function readAbout(cursor: Cursor, { field, end, symbols }: AboutField, series: WrittenSeries): void {
  if (field === 5) series.metadata = readMetadata(cursor, end, symbols);
  // Earlier drafts of the protocol had one start for the whole series.
  else if (field === 6) series.startAt = cursor.reader.readVarint(true);
}

const nobody: SeriesIdentity = { service: '', metric: '', labels: {}, bytes: 0, defect: 'no_metric_name' };

function readCounted(run: RequestRun, end: number, { histograms }: WrittenSeries): void {
  countSample(run);
  histograms.push(readHistogram(run.cursor, end));
}

// Undefined stands for bytes that are no text: what refers to nothing is found before.
function labelsOf(references: readonly number[], symbols: Symbols): Label[] {
  if (references.length % 2 !== 0) throw new MalformedError('a label without a value');
  const labels: Label[] = [];
  for (let index = 0; index < references.length; index += 2) {
    const [name, value] = [references[index] ?? 0, references[index + 1] ?? 0];
    if (name >= symbols.length || value >= symbols.length) throw new MalformedError('a reference to no symbol');
    labels.push([symbols[name], symbols[value]]);
  }
  return labels;
}

function readMetadata(cursor: Cursor, end: number, symbols: Symbols): MetricMetadata {
  const { reader } = cursor;
  const metadata: MetricMetadata = { type: 'unknown', unit: '' };
  readFields(cursor, enter(cursor, end), (field) => {
    if (field === 1) metadata.type = METRIC_TYPES[reader.readVarint()] ?? 'unknown';
    else if (field === 4) metadata.unit = symbols[reader.readVarint()] ?? '';
  });
  return metadata;
}

const readReference = (reader: PbfReader): number => reader.readVarint();
