/** Rows of one day, of a rollup and of its source together; `day` in seconds since the epoch. */
export interface DayRows {
  day: number;
  rows: number;
}

/** A span that one statement compares. Seconds since the epoch, `to` exclusive. */
export interface Slice {
  from: number;
  to: number;
}

export interface SliceLimits {
  /** Rows that one slice should hold at most; a single hour (of a rollup of days: a day) may hold more. */
  maxRows: number;
  bucketSeconds: number;
}

const daySeconds = 86_400;
const hourSeconds = 3_600;
const hoursADay = 24;

/** Cuts days, given in their order, into slices of about equal work: sparse days together, a dense day in parts of whole hours. */
export function planSlices(days: readonly DayRows[], { maxRows, bucketSeconds }: SliceLimits): Slice[] {
  const slices: Slice[] = [];
  let rows = 0;
  for (const { day, rows: ofDay } of days) {
    const last = slices.at(-1);
    const parts = bucketSeconds > hourSeconds ? 1 : Math.min(hoursADay, Math.ceil(ofDay / maxRows));
    if (last !== undefined && rows + ofDay <= maxRows) {
      last.to = day + daySeconds;
      rows += ofDay;
      continue;
    }
    slices.push(...hourlyParts(day, Math.max(parts, 1)));
    rows = parts > 1 ? maxRows : ofDay;
  }
  return slices;
}

function hourlyParts(day: number, parts: number): Slice[] {
  const edge = (part: number) => day + Math.floor((part * hoursADay) / parts) * hourSeconds;
  return Array.from({ length: parts }, (_, part) => ({ from: edge(part), to: edge(part + 1) }));
}
