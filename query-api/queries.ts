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
 * Where that one only names columns of a table, the query reads the table itself: every level of a query costs planning.
 */
export function withSources(query: string, sources: readonly (Source | TelemetrySource)[]): string {
  const { before, branches, after } = splitBranches(query);
  const used = branches.filter((branch) => sources.some((source) => source === marker.exec(branch)?.[1]));
  const kept = used.length > 0 ? used : branches.slice(0, 1);
  const [only, ...others] = kept;
  const table = others.length > 0 ? undefined : plainRead.exec(only ?? '')?.groups;
  const alias = aliasAfter.exec(after);
  if (table === undefined || alias === null) return before + kept.join(unionAll(query)) + after;
  return `${before.replace(/\s*\(\n$/, ' ')}${table.name} AS ${alias[1]}\n${table.where}${after.slice(alias[0].length)}`;
}

/** A condition of a query that does not apply when its parameter is an empty text, and the second range of a segment. */
const filter = /\n *AND \(\{(\w+):String\} = '' OR (\w+ = \{\1:String\})\)/g;
const secondRange =
  /\((\([\w.]+ >= \{(\w+)_from_1:[^}]+\} AND [\w.]+ < \{\2_to_1:[^}]+\}\))\s+OR \([\w.]+ >= \{\2_from_2:[^}]+\} AND [\w.]+ < \{\2_to_2:[^}]+\}\)\)/g;

/** The query without the conditions that say nothing with these parameters: the server analyses and evaluates what is there, needed or not. */
export function withoutIdleConditions(query: string, params: Readonly<Record<string, unknown>>): string {
  return query
    .replace(filter, (_all, name: string, condition: string) => (params[name] === '' ? '' : `\n AND ${condition}`))
    .replace(secondRange, (all: string, first: string, source: string) =>
      Number(params[`${source}_from_2`]) === Number(params[`${source}_to_2`]) ? first : all,
    );
}

/** A branch that only names columns of a table and says which rows. */
const plainRead = /^ *-- source \w+\n *SELECT [\w, ]+\n *FROM (?<name>\w+)\n(?<where>[\s\S]*\n)$/;
const aliasAfter = /^ *\) AS (\w+)\n/;

function splitBranches(query: string): { before: string; branches: string[]; after: string } {
  const start = query.indexOf('(\n', query.search(/\(\n *-- source /)) + 2;
  const end = query.indexOf(`\n${indentOf(query).slice(4)})`, start) + 1;
  return {
    before: query.slice(0, start),
    branches: query.slice(start, end).split(unionAll(query)),
    after: query.slice(end),
  };
}

const unionAll = (query: string): string => `${indentOf(query)}UNION ALL\n`;

const indentOf = (query: string): string => /\(\n( *)-- source /.exec(query)?.[1] ?? '';
