import type { SeriesHead } from '../../schemas/telemetry/metric-batch-writer.ts';
import { sortedNames } from '../archive.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import { seriesId } from './measure-series.ts';

/** A series with what all its rows have in common. */
export interface SeriesFacts extends SeriesHead {
  /** Of the labels, sorted; equal ones are mostly the same array. */
  names: readonly string[];
  /** Of the labels in that order, as a column of strings holds them. */
  values: Uint8Array;
  /** See seriesId, of the tenant that was asked for last. */
  id: { tenant: string; series: number };
}

/** Different sets of label names that are kept; then all are forgotten. */
export const MAX_NAME_SETS = 1_000;

/** Makes the facts of one series after the other. */
export function createDescribeSeries(): (head: SeriesHead) => SeriesFacts {
  const nameSets = new Map<string, readonly string[]>();
  const buffer = new ByteBuffer();
  const sameNames = (labels: SeriesHead['labels']): readonly string[] => {
    const names = sortedNames(labels);
    const text = names.join('\0');
    const known = nameSets.get(text);
    if (known !== undefined) return known;
    if (nameSets.size >= MAX_NAME_SETS) nameSets.clear();
    nameSets.set(text, names);
    return names;
  };
  return (head) => {
    const names = sameNames(head.labels);
    buffer.clear();
    for (const name of names) buffer.writeString(head.labels[name] ?? '');
    return { ...head, names, values: buffer.written.slice(), id: { tenant: '', series: 0 } };
  };
}

/** The name of a series without buckets. */
export function seriesIdOf(facts: SeriesFacts, tenant: string): number {
  if (facts.id.tenant !== tenant) facts.id = { tenant, series: seriesId(tenant, facts) };
  return facts.id.series;
}
