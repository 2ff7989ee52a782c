/** A date of the calendar, of no zone in particular. */
export interface CivilDate {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
}

/** A time zone of the IANA database. All instants are milliseconds since the epoch. */
export interface Zone {
  name: string;
  /** Milliseconds that the zone's clocks are ahead of UTC at the instant. */
  offsetAt(at: number): number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const UTC: Zone = { name: 'UTC', offsetAt: () => 0 };

/** The zone of a name such as Asia/Kolkata; undefined when there is none. */
export function findZone(name: string): Zone | undefined {
  if (/^(UTC|Etc\/UTC|GMT)$/i.test(name)) return UTC;
  const isName = /^[A-Za-z]/.test(name);
  const format = isName ? createFormat(name) : undefined;
  if (format === undefined) return undefined;
  return { name: format.resolvedOptions().timeZone, offsetAt: (at) => readOffset(format, at) };
}

/** The start of a UTC day in milliseconds since the epoch. */
export function startOfUtcDate({ year, month, day }: CivilDate): number {
  // Date.UTC reads years below 100 as 19xx.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

/** The first instant of a day of the zone, also where its midnight does not exist or comes twice. */
export function startOfZoneDate(date: CivilDate, zone: Zone): number {
  const local = startOfUtcDate(date);
  const candidates = [zone.offsetAt(local - DAY_MS), zone.offsetAt(local + DAY_MS)].map((offset) => local - offset);
  const [first = local, last = local] = candidates.sort((a, b) => a - b);
  return first + zone.offsetAt(first) >= local ? first : last;
}

/** The calendar date that the zone's clocks show at the instant. */
export function zoneDateAt(at: number, zone: Zone): CivilDate {
  const local = new Date(at + zone.offsetAt(at));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

/** RFC 3339 with the zone's offset at the instant, `Z` for UTC; whole seconds. */
export function formatInZone(at: number, zone: Zone): string {
  const offsetMinutes = Math.trunc(zone.offsetAt(at) / MINUTE_MS);
  const local = new Date(at + offsetMinutes * MINUTE_MS).toISOString().slice(0, 19);
  return local + (zone === UTC ? 'Z' : formatOffset(offsetMinutes));
}

function formatOffset(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}:${two(size % 60)}`;
}

function createFormat(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** `1/1/2026, GMT+05:30` ends in the offset; `GMT` alone is none. */
function readOffset(format: Intl.DateTimeFormat, at: number): number {
  const match = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(format.format(at));
  if (match?.[1] === undefined) return 0;
  const size = (Number(match[2]) * 60 + Number(match[3])) * MINUTE_MS + Number(match[4] ?? 0) * 1000;
  return match[1] === '-' ? -size : size;
}
