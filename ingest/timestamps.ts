const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const pattern = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const zero = 48;
const dayMs = 86_400_000;

/**
 * Milliseconds since the epoch of an RFC 3339 date-time with offset; NaN for anything else (a date alone, no offset, a day the month does
 * not have, a leap second). Digits beyond milliseconds are cut off.
 */
export function parseTimestamp(text: string): number {
  const isUtc = text.charCodeAt(text.length - 1) === 90;
  if (isUtc && (text.length === 20 || (text.length === 24 && text.charCodeAt(19) === 46))) return parseUtc(text);
  return parseAny(text);
}

/** RFC 3339 in UTC; without a fraction when the milliseconds are zero. */
export function formatTimestamp(at: number): string {
  const text = new Date(at).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}

// The form nearly every client sends; Date.parse takes ten times as long. A digit out of range makes a part NaN, and so the sum.
function parseUtc(text: string): number {
  if (!hasSeparators(text)) return Number.NaN;
  const year = digits2(text, 0) * 100 + digits2(text, 2);
  const day = startOfDay(year, digits2(text, 5), digits2(text, 8));
  const fraction = text.length === 24 ? digit(text, 20) * 100 + digits2(text, 21) : 0;
  return day + timeOfDay(digits2(text, 11), digits2(text, 14), digits2(text, 17)) + fraction;
}

function hasSeparators(text: string): boolean {
  return (
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58
  );
}

function parseAny(text: string): number {
  const match = pattern.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  const offset = timeOfDay(Number(offsetHour), Number(offsetMinute), 0) * (sign === '-' ? -1 : 1);
  const time = timeOfDay(Number(hour), Number(minute), Number(second));
  return startOfDay(Number(year), Number(month), Number(day)) + time + ms - offset;
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - zero;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

const digits2 = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

function timeOfDay(hour: number, minute: number, second: number): number {
  return hour <= 23 && minute <= 59 && second <= 59 ? ((hour * 60 + minute) * 60 + second) * 1_000 : Number.NaN;
}

/** Days from civil, Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": proleptic Gregorian, years from March. */
function startOfDay(year: number, month: number, day: number): number {
  const last = month === 2 && !isLeap(year) ? 28 : (monthDays[month - 1] ?? 0);
  if (!(day >= 1 && day <= last)) return Number.NaN;
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * dayMs;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
