import { invalidRequest } from '../../platform/http/issues.ts';
import type { ListedLog, LogList, LogListQuery } from '../../schemas/api/telemetry-reads.ts';
import type { QueryApiDeps } from '../deps.ts';
import { loadQuery } from '../queries.ts';
import { formatInstant } from '../range.ts';
import type { SelectionRequest } from '../selection.ts';
import { read } from '../store.ts';
import { type PageQuestion, readPage } from './read-page.ts';

export interface LogListRequest extends Omit<SelectionRequest, 'query'> {
  query: LogListQuery;
}

interface LogRow extends Required<Omit<ListedLog, 'orgCode' | 'timestamp'>> {
  tenant: string;
  atMs: number;
  partition: number;
  offset: number;
  index: number;
}

const logsQuery = loadQuery('logs');
/** As the index takes a message apart: whatever is no ASCII letter, digit or other script ends a word. */
const betweenWords = /[^0-9A-Za-z\u0080-\u{10ffff}]+/u;

/** One page of the selected log events, newest first. ApiError 400 for bad filters. */
export async function listLogs(deps: QueryApiDeps, { principal, query, signal }: LogListRequest): Promise<LogList> {
  const { service = '', level = '', traceId: trace = '', text } = query;
  const words = readWords(text);
  const filter = { service, level, trace, words };
  const page = await readPage(deps, { principal, signal, query, list: ['logs', service, level, trace, words] });
  const { range, limit, meta } = page;
  if (range === undefined) return { data: [], meta: { ...meta, nextCursor: null } };
  const params = {
    tenants: [...page.tenants.keys()],
    ...filter,
    from: new Date(range.from),
    ...behind(page),
    limit: limit + 1,
  };
  const rows = await read<LogRow>(deps.clickhouse, { query: logsQuery, params, signal });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => toLog(row, page)),
    meta: { ...meta, nextCursor: last === undefined ? null : page.cursorAfter(positionOf(last)) },
  };
}

const positionOf = ({ atMs, partition, offset, index }: LogRow) => [atMs, partition, offset, index] as const;

/** Nothing is at the end of the range itself: position 0 there is behind everything before it. */
function behind({ after, range }: PageQuestion) {
  const [at = range?.to ?? 0, afterPartition = 0, afterOffset = 0, afterIndex = 0] = after?.map(Number) ?? [];
  return { until: new Date(at), afterPartition, afterOffset, afterIndex };
}

function readWords(text: string | undefined): string[] {
  if (text === undefined) return [];
  const words = text.split(betweenWords).filter((word) => word !== '');
  if (words.length > 0) return words.map((word) => word.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()));
  throw invalidRequest('querystring', [{ field: 'text', issue: 'must hold a letter or a digit' }]);
}

function toLog(row: LogRow, { tenants }: PageQuestion): ListedLog {
  const { tenant, id, service, level, message, atMs, traceId, spanId, metadata } = row;
  return {
    id,
    orgCode: tenants.get(tenant)?.code ?? '',
    service,
    level,
    message,
    timestamp: formatInstant(atMs),
    ...(traceId === '' ? {} : { traceId }),
    ...(spanId === '' ? {} : { spanId }),
    metadata,
  };
}
