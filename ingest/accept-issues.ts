import type { FieldIssue } from '../platform/errors.ts';
import { EVENT_LIMITS } from '../schemas/api/event-limits.ts';
import type { EventIssue } from './accept-dimensions.ts';

export interface IssueSources {
  /** What is wrong with the shape of the request, as the client sees it. */
  shape: readonly FieldIssue[];
  events: readonly EventIssue[];
  /** Path of a field of the event at a position: `events[3].value` or `value`. */
  path: (index: number, field: string) => string;
}

/**
 * One issue a field, in the order of the events; where shape and meaning both complain, the meaning says more. At most 100:
 * the last one then says that there are more.
 */
export function mergeIssues({ shape, events, path }: IssueSources): FieldIssue[] {
  const byField = new Map<string, FieldIssue>();
  for (const { field, issue } of shape) byField.set(field, { field, issue });
  for (const { index, field, issue } of events) {
    const fullField = path(index, field);
    byField.set(fullField, { field: fullField, issue });
  }
  const issues = [...byField.values()].sort((one, other) => positionOf(one) - positionOf(other));
  return issues.length > EVENT_LIMITS.issues ? clip(issues) : issues;
}

function clip(issues: FieldIssue[]): FieldIssue[] {
  const named = issues.slice(0, EVENT_LIMITS.issues - 1);
  return [...named, { field: 'events', issue: `has at least ${issues.length - named.length} more invalid fields` }];
}

function positionOf({ field }: FieldIssue): number {
  const position = /^(?:events)?\[(\d+)\]/.exec(field)?.[1];
  return position === undefined ? -1 : Number(position);
}
