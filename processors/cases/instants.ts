/** A dimension of a milestone that holds an instant, milliseconds since the epoch. */
export interface NamedInstant {
  name: string;
  at: number;
}

/** A milestone keeps so many, those first by name: one of them may be the deadline of its case, now or by a flow to come. */
export const MAX_INSTANTS = 8;

const pattern = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const shortest = '2026-03-19T12:00:00Z'.length;
/** What the tables can hold: 1900 to 2299. */
const earliest = Date.UTC(1900, 0, 1);
export const LATEST_INSTANT = Date.UTC(2300, 0, 1) - 1;

const none: readonly NamedInstant[] = [];

/** The dimensions that are RFC 3339 date-times, in the order of their names. */
export function instantsOf(dimensions: Readonly<Record<string, string>>): readonly NamedInstant[] {
  const found: NamedInstant[] = [];
  for (const name of Object.keys(dimensions)) {
    const at = readInstant(dimensions[name] ?? '');
    if (at !== undefined) found.push({ name, at });
  }
  return found.length === 0 ? none : found.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_INSTANTS);
}

function readInstant(text: string): number | undefined {
  if (text.length < shortest || !pattern.test(text)) return undefined;
  const at = Date.parse(text.replace(' ', 'T').toUpperCase());
  return at >= earliest && at <= LATEST_INSTANT ? at : undefined;
}
