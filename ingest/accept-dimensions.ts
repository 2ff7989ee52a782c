import { EVENT_LIMITS } from '../schemas/api/event-limits.ts';
import type { Series } from './cardinality.ts';

/** Why an event is refused: position in the request, field of the event, sentence for the client. */
export interface EventIssue {
  index: number;
  field: string;
  issue: string;
}

export interface DimensionsRun {
  /** Position of the present event. */
  index: number;
  issues: EventIssue[];
  /** Name of what holds the dimensions, as the client knows it. */
  field: string;
  table: { mayRoll(series: Series, dimension: string, value: string): boolean };
  /** Names of the present event's dimensions that rollups do not keep apart; replaced, never changed in place. */
  unrolled: string[];
}

const namePattern = new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${EVENT_LIMITS.dimensionNameLength}}$`, 'u');

const none: Record<string, string> = {};

/** The event's dimensions as text, and in `run.unrolled` those with too many values. What is wrong with them goes to `run.issues`. */
export function acceptDimensions(run: DimensionsRun, given: unknown, series: Series): Record<string, string> {
  if (typeof given !== 'object' || given === null) return none;
  const dimensions = given as Record<string, unknown>;
  let isText = true;
  for (const name in dimensions) {
    const value = dimensions[name];
    if (typeof value !== 'string') isText = false;
    // A value seen before has been checked before: what follows is for the first time only.
    else if (series.values.get(name)?.has(value) === true) continue;
    acceptNewValue(run, series, { name, value });
  }
  return isText ? (dimensions as Record<string, string>) : asText(dimensions);
}

function acceptNewValue(run: DimensionsRun, series: Series, { name, value }: { name: string; value: unknown }): void {
  const issue = nameIssue(name) ?? valueIssue(value);
  if (issue !== undefined) run.issues.push({ index: run.index, field: `${run.field}.${name.toWellFormed()}`, issue });
  else if (!run.table.mayRoll(series, name, String(value))) run.unrolled = [...run.unrolled, name];
}

function nameIssue(name: string): string | undefined {
  if (name !== '__proto__' && namePattern.test(name)) return undefined;
  return `must have a name of 1 to ${EVENT_LIMITS.dimensionNameLength} characters without control characters`;
}

function valueIssue(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value.isWellFormed() && !value.includes('\0') ? undefined : 'must be valid Unicode text';
  }
  if (typeof value === 'boolean' || Number.isFinite(value)) return undefined;
  return 'must be a text, a finite number or a boolean';
}

// What is no plain value has been reported; turning it into text could run into anything, such as a toString that is no function.
const asText = (dimensions: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(dimensions).flatMap(([name, value]) => (typeof value === 'object' ? [] : [[name, String(value)]])),
  );
