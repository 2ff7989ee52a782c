/** What was promised before an insert: exactly the records from the committed offset to `end`, which make `rows` rows. */
export interface Plan {
  /** Offset of the last record, inclusive. */
  end: number;
  rows: number;
  /** CRC-32 of the records' values, one after the other. */
  crc: number;
}

/** The records found again are not those that were planned: the log is another one, or damaged. Nothing may be stored. */
export class PlanMismatchError extends Error {
  override name = 'PlanMismatchError';
}

/** The plan as metadata of a commit at the range's first offset. */
export function encodePlan({ end, rows, crc }: Plan): string {
  return JSON.stringify({ end, rows, crc });
}

/** The plan in a commit's metadata; undefined when the commit planned nothing. Throws {@link PlanMismatchError} on anything else. */
export function decodePlan(metadata: string): Plan | undefined {
  if (metadata === '') return undefined;
  const plan = parseObject(metadata);
  const { end, rows, crc } = plan;
  if (!isCount(end) || !isCount(rows) || !isCount(crc)) {
    throw new PlanMismatchError(`the commit carries no plan this version understands: ${metadata.slice(0, 200)}`);
  }
  return { end, rows, crc };
}

/** Deduplication token of a range: the same range has the same token in every attempt and every process. */
export function rangeToken(range: { topic: string; partition: number; first: number; last: number }): string {
  return `${range.topic}:${range.partition}:${range.first}-${range.last}`;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
