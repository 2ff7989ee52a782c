import { invalidRequest } from '../../platform/http/issues.ts';
import type { PageTokens } from '../../platform/http/page-tokens.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import { TELEMETRY_READ_LIMITS } from '../../schemas/api/telemetry-reads.ts';
import type { QueryApiDeps } from '../deps.ts';
import type { Range, RangeMeta } from '../range.ts';
import { splitRange } from '../segments.ts';
import { readSelection, type SelectionRequest } from '../selection.ts';

/** What a request for one page of a list asks for. */
export interface PageRequest extends Omit<SelectionRequest, 'query'> {
  query: { orgCode?: string; from?: string; to?: string; limit?: number; cursor?: string };
  /** Names the list, with all of its filters. */
  list: unknown[];
}

export interface PageQuestion {
  tenants: ReadonlyMap<string, Tenant>;
  /** What the stores can hold of it; undefined: nothing. */
  range: Range | undefined;
  meta: RangeMeta;
  limit: number;
  /** Where the page before ended; undefined: at the beginning. */
  after: string[] | undefined;
  /** The cursor that goes on behind a position. */
  cursorAfter(position: readonly (string | number)[]): string;
}

/** The tenants, range and position of a page. ApiError 400 for bad filters or a cursor of another list, 404 for a foreign organization. */
export async function readPage(deps: QueryApiDeps, request: PageRequest): Promise<PageQuestion> {
  const { principal, signal, query } = request;
  const { limit = TELEMETRY_READ_LIMITS.defaultPageSize, orgCode, from, to } = query;
  const bounds = {
    ...(orgCode === undefined ? {} : { orgCode }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const { selection, tenants, meta } = await readSelection(deps, { principal, signal, query: bounds });
  const [whole] = splitRange(selection.range, ['raw']);
  const list = [...request.list, selection.tenants, from ?? '', to ?? ''];
  return {
    tenants,
    range: selection.tenants.length === 0 ? undefined : whole,
    meta,
    limit,
    after: readCursor(deps.pageTokens, query.cursor, list),
    cursorAfter: (position) => deps.pageTokens.sign(JSON.stringify(position.map(String)), list),
  };
}

function readCursor(tokens: PageTokens, cursor: string | undefined, list: unknown): string[] | undefined {
  if (cursor === undefined) return undefined;
  const position = tokens.open(cursor, list);
  if (position !== undefined) return JSON.parse(position) as string[];
  throw invalidRequest('querystring', [
    { field: 'cursor', issue: 'must be the nextCursor of an answer with the same filters' },
  ]);
}
