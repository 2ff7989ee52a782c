import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from './segments.ts';

/** What stands for the raw events of services. */
export type TelemetrySource = 'points' | 'logs';

const folder = join(import.meta.dirname, '../sql/clickhouse/queries');
const marker = /^\s*-- source (\w+)\n/;

/** The text of a read query by the name of its file. Called once at start. */
export function loadQuery(name: string): string {
  return readFileSync(join(folder, `${name}.sql`), 'utf8');
}

/**
 * The query with only those branches of its UNION ALL that read the given sources; a branch begins with the comment `-- source <name>`. An unused
 * branch returns nothing but costs the server 4 ms of planning. One branch always stays: with no source left it reads an empty range.
 */
export function withSources(query: string, sources: readonly (Source | TelemetrySource)[]): string {
  const start = query.indexOf('(\n    -- source ') + 2;
  const end = query.lastIndexOf('\n)\nGROUP BY') + 1;
  const branches = query.slice(start, end).split('    UNION ALL\n');
  const used = branches.filter((branch) => sources.some((source) => source === marker.exec(branch)?.[1]));
  const kept = used.length > 0 ? used : branches.slice(0, 1);
  return query.slice(0, start) + kept.join('    UNION ALL\n') + query.slice(end);
}
