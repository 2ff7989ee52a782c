import { badRequest, notFound } from '../../platform/errors.ts';
import type { CaseDetails, CaseDetailsQuery } from '../../schemas/api/cases.ts';
import type { QueryApiDeps } from '../deps.ts';
import { loadQuery } from '../queries.ts';
import { readSelection, type SelectionRequest } from '../selection.ts';
import { read } from '../store.ts';
import { type StoredCaseDetails, toCaseDetails } from './case-view.ts';

export interface CaseRequest extends Omit<SelectionRequest, 'query'> {
  correlationId: string;
  query: CaseDetailsQuery;
}

const oneQuery = loadQuery('case-by-id');

/**
 * The newest episode of a case with its milestones. ApiError 404 when no tenant of the caller has it, 400 when the caller must say which of
 * several organizations or capabilities is meant.
 */
export async function showCase(
  deps: QueryApiDeps,
  { principal, correlationId, query, signal }: CaseRequest,
): Promise<CaseDetails> {
  const { selection, tenants } = await readSelection(deps, { principal, signal, query });
  if (tenants.size === 0) throw notFound();
  const params = { tenants: selection.tenants, correlation: correlationId, capability: selection.capability };
  const found = await read<StoredCaseDetails>(deps.clickhouse, { query: oneQuery, params, signal });
  const [only, ...others] = found;
  if (only === undefined) throw notFound();
  const orgCode = tenants.get(only.tenant)?.code ?? '';
  if (others.some(({ tenant }) => tenant !== only.tenant)) throw ambiguous('orgCode', 'organizations');
  if (others.length > 0) throw ambiguous('capability', 'capabilities');
  return toCaseDetails(only, orgCode, deps.now());
}

function ambiguous(field: string, what: string) {
  const issue = `must name one of the ${what} that have a case of this correlation id`;
  return badRequest(`The '${field}' field is required, because several ${what} have this case.`, [{ field, issue }]);
}
