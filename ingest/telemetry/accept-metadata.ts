import { TELEMETRY_LIMITS } from '../../schemas/api/telemetry-limits.ts';
import { type ItemRun, report } from './accept-item.ts';

const { metadataNameLength, metadataValueLength } = TELEMETRY_LIMITS;
const namePattern = new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${metadataNameLength}}$`, 'u');
const none: Record<string, string> = {};

/** The metadata as texts: nested values, numbers, booleans and null as JSON. */
export function metadataOf(run: ItemRun, given: unknown): Record<string, string> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return none;
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const issue = namePattern.test(name) ? undefined : nameIssue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (issue !== undefined || text.length > metadataValueLength) {
      report(run, `metadata.${name.slice(0, metadataNameLength)}`, issue ?? valueIssue);
    }
    texts[name] = text;
  }
  return texts;
}

const nameIssue = `must have a name of 1 to ${metadataNameLength} characters without control characters`;
const valueIssue = `must have at most ${metadataValueLength} characters as text`;
