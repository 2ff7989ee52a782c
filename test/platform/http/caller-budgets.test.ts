import { describe, expect, it } from 'vitest';
import { createCallerBudgets } from '../../../platform/http/caller-budgets.ts';
import type { Principal } from '../../../platform/tenancy/tenancy.ts';

const limits = { ingest: 5_000, query: 1_000, admin: 100 };
const principal = (credentialId: string): Principal => ({ credentialId, permissions: new Set(), tenants: 'all' });

describe('the budget of a caller', () => {
  it('is that of the category, counted for the credential', () => {
    const budgets = createCallerBudgets({ limits, windowMs: 60_000 });
    const caller = principal('key_1');
    expect(budgets(caller, 'ingest')).toEqual({ bucket: 'key_1 ingest', limit: 5_000, windowMs: 60_000 });
    expect(budgets(caller, 'admin')).toEqual({ bucket: 'key_1 admin', limit: 100, windowMs: 60_000 });
    expect(budgets(principal('key_2'), 'admin').bucket).toBe('key_2 admin');
  });

  it('is made once for each principal and category', () => {
    const budgets = createCallerBudgets({ limits, windowMs: 60_000 });
    const [caller, other] = [principal('key_1'), principal('key_1')];
    const first = budgets(caller, 'query');
    budgets(caller, 'ingest');
    expect(budgets(caller, 'query')).toBe(first);
    expect(budgets(other, 'query')).not.toBe(first);
    expect(budgets(other, 'query')).toEqual(first);
  });
});
