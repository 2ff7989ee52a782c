import type { AlertState } from '../../platform/detection/alert-policy.ts';
import { END_REASONS, EPISODE_EVIDENCE, type Episode, type Finding } from '../../platform/detection/episode.ts';
import type { SeriesWatch } from '../../platform/detection/series-watch.ts';
import { namesOf } from '../analytics/series-name.ts';
import type { StateName } from '../analytics/stateful-processor.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import { readDetector, writeDetector } from './detector-codec.ts';
import { createMinuteSeries, type MinuteSeries } from './minute-series.ts';

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
export function readMinuteSeries(input: ByteReader, { tenant, key, partition }: StateName): MinuteSeries {
  const { subjectKind, subject, metric } = namesOf(key);
  const series = createMinuteSeries({ tenant, subjectKind, subject, metric, partition });
  series.retentionDays = input.readVaruint();
  series.usualCount = input.readFloat64();
  for (let left = input.readVaruint(); left > 0; left--) {
    const [minute, count, sum] = [input.readFloat64(), input.readFloat64(), input.readFloat64()];
    series.open.push({ minute, count, sum, peekAt: input.readFloat64(), receivedAt: input.readFloat64() });
  }
  series.watch = readWatch(input);
  return series;
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
const numbersOfAlert = ['anomalousPoints', 'anomalousSince', 'lastAlertAt'] as const;
const numbersOfEpisode = ['startsAt', 'endsAt', 'detectedAt', 'revision'] as const;
const numbersOfFinding = [
  ...(['at', 'value', 'expected', 'low', 'high', 'zScore', 'anomalyScore', 'probability'] as const),
  ...(['points', 'baselineFrom', 'baselineTo'] as const),
];

function writeWatch(watch: SeriesWatch, out: ByteBuffer): void {
  writeDetector(watch.detector, out);
  writeNumbers(out, watch.long, numbersOfAlert);
  writeNumbers(out, watch.short, numbersOfAlert);
  writeNumbers(out, watch, numbersOfWatch);
  writeEpisode(watch.anomaly, out);
  writeEpisode(watch.missing, out);
}

function readWatch(input: ByteReader): SeriesWatch {
  const detector = readDetector(input);
  const long: AlertState = readNumbers(input, numbersOfAlert);
  const short: AlertState = readNumbers(input, numbersOfAlert);
  const numbers = readNumbers(input, numbersOfWatch);
  return { detector, long, short, ...numbers, anomaly: readEpisode(input), missing: readEpisode(input) };
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
  const numbers = readNumbers(input, numbersOfEpisode);
  const evidence: Finding['evidence'] = EPISODE_EVIDENCE[input.readUint8()] ?? 'silence';
  return {
    kind,
    reason,
    isProvisional,
    mutedBy,
    ...numbers,
    finding: { evidence, ...readNumbers(input, numbersOfFinding) },
  };
}

function writeNumbers<Name extends string>(
  out: ByteBuffer,
  from: Readonly<Record<Name, number>>,
  names: readonly Name[],
): void {
  for (const name of names) out.writeFloat64(from[name]);
}

function readNumbers<Name extends string>(input: ByteReader, names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, input.readFloat64()])) as Record<Name, number>;
}
