import type { StateMemory } from '../../platform/detection/detector-state.ts';
import { END_REASONS, EPISODE_EVIDENCE, type Episode, type Finding } from '../../platform/detection/episode.ts';
import { createWatch, type SeriesWatch } from '../../platform/detection/series-watch.ts';
import type { Series } from '../analytics/series.ts';
import type { Arena } from '../memory/arena.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import { readDetector, writeDetector } from './detector-codec.ts';
import { createMinuteSeries, type MinuteSeries, memoryAt, type OpenMinute, takeMemory } from './minute-series.ts';

/** The state of a series, in about 2.5 KB. */
export function writeMinuteSeries(series: MinuteSeries, out: ByteBuffer): void {
  out.writeVaruint(series.retentionDays);
  out.writeFloat64(series.usualCount);
  out.writeVaruint(series.open.length);
  for (const { minute, count, sum, peekAt, receivedAt } of series.open) {
    for (const number of [minute, count, sum, peekAt, receivedAt]) out.writeFloat64(number);
  }
  writeWatch(series.watch, out);
}

/** What {@link writeMinuteSeries} wrote, bit by bit. Throws a RangeError when the bytes end before. */
export function readMinuteSeries(input: ByteReader, of: Series, arena: Arena): MinuteSeries {
  const retentionDays = input.readVaruint();
  const usualCount = input.readFloat64();
  const open = Array.from({ length: input.readVaruint() }, () => readOpenMinute(input));
  const address = takeMemory(arena);
  const series = createMinuteSeries(of, { address, watch: readWatch(input, memoryAt(arena, address)) });
  series.retentionDays = retentionDays;
  series.usualCount = usualCount;
  if (open.length > 0) series.open = open;
  return series;
}

function readOpenMinute(input: ByteReader): OpenMinute {
  const [minute, count, sum] = [input.readFloat64(), input.readFloat64(), input.readFloat64()];
  return { minute, count, sum, peekAt: input.readFloat64(), receivedAt: input.readFloat64() };
}

const numbersOfWatch = [
  'closedAt',
  'lastDataAt',
  'gapMs',
  'longestGapMs',
  'quietPoints',
  'quietSince',
  'silenceDueAt',
] as const;
const numbersOfAlert = ['anomalousPoints', 'anomalousSince', 'lastAlertAt', 'lastAlertScore'] as const;
const numbersOfEpisode = ['startsAt', 'endsAt', 'detectedAt', 'revision'] as const;
const numbersOfFinding = [
  ...(['at', 'value', 'expected', 'low', 'high', 'zScore', 'anomalyScore', 'probability'] as const),
  ...(['points', 'baselineFrom', 'baselineTo'] as const),
];

const noFigures = {
  ...{ at: 0, value: 0, expected: 0, low: 0, high: 0, zScore: 0, anomalyScore: 0, probability: 0 },
  ...{ points: 0, baselineFrom: 0, baselineTo: 0 },
};

function writeWatch(watch: SeriesWatch, out: ByteBuffer): void {
  writeDetector(watch.detector, out);
  writeNumbers(out, watch.long, numbersOfAlert);
  writeNumbers(out, watch.short, numbersOfAlert);
  writeNumbers(out, watch, numbersOfWatch);
  writeEpisode(watch.anomaly, out);
  writeEpisode(watch.missing, out);
}

function readWatch(input: ByteReader, memory: StateMemory): SeriesWatch {
  const watch = createWatch(readDetector(input, memory));
  readNumbers(input, watch.long, numbersOfAlert);
  readNumbers(input, watch.short, numbersOfAlert);
  readNumbers(input, watch, numbersOfWatch);
  watch.anomaly = readEpisode(input);
  watch.missing = readEpisode(input);
  return watch;
}

function writeEpisode(episode: Episode | undefined, out: ByteBuffer): void {
  out.writeUint8(episode === undefined ? 0 : 1);
  if (episode === undefined) return;
  const { kind, reason, mutedBy, isProvisional, finding } = episode;
  out.writeUint8(kind === 'missing_data' ? 1 : 0);
  out.writeUint8(END_REASONS.indexOf(reason));
  out.writeUint8(isProvisional ? 1 : 0);
  out.writeString(mutedBy);
  writeNumbers(out, episode, numbersOfEpisode);
  out.writeUint8(EPISODE_EVIDENCE.indexOf(finding.evidence));
  writeNumbers(out, finding, numbersOfFinding);
}

function readEpisode(input: ByteReader): Episode | undefined {
  if (input.readUint8() === 0) return undefined;
  const kind = input.readUint8() === 1 ? 'missing_data' : 'statistical';
  const reason = END_REASONS[input.readUint8()] ?? '';
  const isProvisional = input.readUint8() === 1;
  const mutedBy = input.readString();
  const times = { startsAt: 0, endsAt: 0, detectedAt: 0, revision: 0 };
  readNumbers(input, times, numbersOfEpisode);
  const evidence: Finding['evidence'] = EPISODE_EVIDENCE[input.readUint8()] ?? 'silence';
  const finding: Finding = { evidence, ...noFigures };
  readNumbers(input, finding, numbersOfFinding);
  return { kind, reason, isProvisional, mutedBy, ...times, finding };
}

function writeNumbers<Name extends string>(
  out: ByteBuffer,
  from: Readonly<Record<Name, number>>,
  names: readonly Name[],
): void {
  for (const name of names) out.writeFloat64(from[name]);
}

function readNumbers<Name extends string>(input: ByteReader, into: Record<Name, number>, names: readonly Name[]): void {
  for (const name of names) into[name] = input.readFloat64();
}
