import { invalidRequest } from '../../platform/http/issues.ts';
import { readRange } from '../range.ts';

/** The time a status is asked for, milliseconds since the epoch: now when absent. ApiError 400 when it is none. */
export function readAsOf(at: string | undefined, now: number): number {
  if (at === undefined) return now;
  const result = readRange({ from: at, to: at }, { now, retentionDays: 0 });
  if ('range' in result) return result.range.from;
  throw invalidRequest('querystring', [{ field: 'at', issue: result.issue.issue }]);
}
