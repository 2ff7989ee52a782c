const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const dayMs = 86_400_000;

/** A name of the calendar period that clocks in the zone show at the instant: by what they show, not by when it begins. */
export function periodOf(
  at: number,
  calendar: 'none' | 'week' | 'month' | 'quarter' | 'year',
  timeZone: string,
): string {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, weekday: 'short', year: 'numeric', month: 'numeric', day: 'numeric' },
  } as Intl.DateTimeFormatOptions);
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const [year, month, date] = [Number(parts.year), Number(parts.month), Number(parts.day)];
  if (calendar === 'year') return String(year);
  if (calendar === 'quarter') return `${year} ${Math.ceil(month / 3)}`;
  if (calendar === 'month') return `${year} ${month}`;
  return String(Date.UTC(year, month - 1, date) - weekdays.indexOf(parts.weekday ?? '') * dayMs);
}
