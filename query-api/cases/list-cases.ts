import { invalidRequest } from '../../platform/http/issues.ts';
import type { PageTokens } from '../../platform/http/page-tokens.ts';
import { CASE_LIMITS, type CaseList, type CaseQuery } from '../../schemas/api/cases.ts';
import type { QueryApiDeps } from '../deps.ts';
import { loadQuery } from '../queries.ts';
import { formatInstant } from '../range.ts';
import { readSelection, type SelectionRequest } from '../selection.ts';
import { read } from '../store.ts';
import { type StoredCase, toCase } from './case-view.ts';

export interface CaseListRequest extends Omit<SelectionRequest, 'query'> {
  query: CaseQuery;
}

interface PlacedCase extends StoredCase {
  place: number;
  tie: string;
}

const pageQuery = loadQuery('cases');
const countQuery = loadQuery('case-counts');
/** What bounds a list without `from` or `to`: all that a case can begin with. */
const EVER = { from: '1900-01-01', to: '2106-02-07' };
const nothing = { open: 0, closed: 0, abandoned: 0, atRisk: 0, breached: 0, stuck: 0, closedLate: 0 };

/** One page of the cases a request selects, and how many there are. ApiError 400 for bad filters, 404 for a foreign organization. */
export async function listCases(deps: QueryApiDeps, { principal, query, signal }: CaseListRequest): Promise<CaseList> {
  const { sort = 'age', status = '', risk = '', stage = '', limit = CASE_LIMITS.defaultPageSize, cursor } = query;
  const now = deps.now();
  const { selection, tenants } = await readSelection(deps, { principal, signal, query: { ...EVER, ...query } });
  const { capability, range } = selection;
  const asOf = formatInstant(now);
  const list = ['cases', selection.tenants, capability, status, risk, stage, range.from, range.to, sort];
  const after = positionOf(deps.pageTokens, cursor, list);
  if (tenants.size === 0) return { data: [], meta: { asOf, nextCursor: null, counts: nothing } };
  const span = { from: new Date(range.from), to: new Date(range.to) };
  const filter = { tenants: selection.tenants, capability, stage, ...span };
  const page = { ...filter, status, risk, sort, ...after, limit: limit + 1 };
  const [rows, [counts = nothing]] = await Promise.all([
    read<PlacedCase>(deps.clickhouse, { query: pageQuery, params: page, signal }),
    read<typeof nothing>(deps.clickhouse, { query: countQuery, params: filter, signal }),
  ]);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => toCase(row, tenants.get(row.tenant)?.code ?? '', now)),
    meta: { asOf, nextCursor: last === undefined ? null : deps.pageTokens.sign(textOf(last), list), counts },
  };
}

const textOf = ({ place, tie }: PlacedCase): string => `${place} ${tie}`;

function positionOf(
  tokens: PageTokens,
  cursor: string | undefined,
  list: unknown,
): { afterPlace: number; afterTie: string } {
  if (cursor === undefined) return { afterPlace: Number.MIN_SAFE_INTEGER, afterTie: '' };
  const [place, tie] = (tokens.open(cursor, list) ?? '').split(' ');
  if (tie !== undefined) return { afterPlace: Number(place), afterTie: tie };
  throw invalidRequest('querystring', [
    { field: 'cursor', issue: 'must be the nextCursor of an answer with the same filters' },
  ]);
}
