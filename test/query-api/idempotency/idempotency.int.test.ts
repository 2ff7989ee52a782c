import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePepper } from '../../../platform/tenancy/pepper.ts';
import {
  type CallToClaim,
  type Claim,
  createIdempotency,
  type Idempotency,
} from '../../../query-api/idempotency/idempotency.ts';
import { IDEMPOTENCY_LIMITS } from '../../../schemas/api/idempotency.ts';
import { type ControlPlane, startControlPlane, testPepper } from '../../support/control-plane.ts';

const hash = (text: string) => createHash('sha256').update(text).digest();
const newCall = (request = 'body'): CallToClaim => ({ id: hash(randomUUID()), request: hash(request) });
const answer = { status: 201, contentType: 'application/json', body: '{"key":"mk_live_very_secret"}' };
let plane: ControlPlane;
let at = Date.UTC(2026, 2, 18, 12);
let idempotency: Idempotency;

beforeAll(async () => {
  plane = await startControlPlane();
  idempotency = createIdempotency({ sql: plane.sql, pepper: testPepper, now: () => at });
});
afterAll(() => plane.close());

async function claimOf(call: CallToClaim): Promise<Claim> {
  const result = await idempotency.claim(call);
  if (result.kind !== 'claimed') throw new Error(result.kind);
  return result.claim;
}
const apply = (claim: Claim) => plane.sql.begin((sql) => idempotency.apply(sql, claim));

describe('a call with a key', () => {
  it('is claimed once, in progress for everybody else, and then answered for all', async () => {
    const call = newCall();
    const results = await Promise.all(Array.from({ length: 20 }, () => idempotency.claim(call)));
    const claims = results.filter((result) => result.kind === 'claimed');
    expect(claims).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'in_progress')).toHaveLength(19);
    await apply((claims[0] as { claim: Claim }).claim);
    await idempotency.complete((claims[0] as { claim: Claim }).claim, answer);
    expect(await idempotency.claim(call)).toEqual({ kind: 'answered', answer });
  });

  it('is told from another request with its key', async () => {
    const call = newCall();
    await idempotency.complete(await claimOf(call), answer);
    expect(await idempotency.claim({ ...call, request: hash('other') })).toEqual({ kind: 'other_request' });
  });

  it('is free again when the process died before it changed anything', async () => {
    const call = newCall();
    await claimOf(call);
    at += IDEMPOTENCY_LIMITS.leaseMs - 1;
    expect(await idempotency.claim(call)).toEqual({ kind: 'in_progress' });
    at += 1;
    await idempotency.complete(await claimOf(call), answer);
    expect(await idempotency.claim(call)).toEqual({ kind: 'answered', answer });
  });

  it('is not carried out again when the process died between the change and the answer', async () => {
    const call = newCall();
    await apply(await claimOf(call));
    expect(await idempotency.claim(call)).toEqual({ kind: 'in_progress' });
    at += IDEMPOTENCY_LIMITS.leaseMs;
    expect(await idempotency.claim(call)).toEqual({ kind: 'answer_lost' });
  });

  it('cannot be carried out by whom it was taken over from', async () => {
    const call = newCall();
    const slow = await claimOf(call);
    at += IDEMPOTENCY_LIMITS.leaseMs;
    const quick = await claimOf(call);
    await expect(apply(slow)).rejects.toMatchObject({ statusCode: 409 });
    await idempotency.complete(slow, { ...answer, body: 'late' });
    await apply(quick);
    await idempotency.complete(quick, answer);
    expect(await idempotency.claim(call)).toEqual({ kind: 'answered', answer });
  });

  it('that failed may be tried again at once, unless it was carried out', async () => {
    const call = newCall();
    await idempotency.release(await claimOf(call));
    const claim = await claimOf(call);
    await apply(claim);
    await idempotency.release(claim);
    expect(await idempotency.claim(call)).toEqual({ kind: 'answer_lost' });
  });

  it('is forgotten after 24 hours', async () => {
    const call = newCall();
    await idempotency.complete(await claimOf(call), answer);
    at += IDEMPOTENCY_LIMITS.keptForMs - 1;
    expect(await idempotency.claim(call)).toEqual({ kind: 'answered', answer });
    at += 1;
    await idempotency.complete(await claimOf({ ...call, request: hash('new') }), answer);
    expect(await plane.sql`SELECT 1 FROM idempotent_calls WHERE expires_at <= ${new Date(at)}`).toHaveLength(0);
  });
});

describe('a stored answer', () => {
  it('cannot be read from the database, with the secret of another pepper, or in the place of another call', async () => {
    const [call, other] = [newCall(), newCall()];
    for (const each of [call, other]) await idempotency.complete(await claimOf(each), answer);
    const [dump] = await plane.sql<{ text: string; raw: Buffer }[]>`
      SELECT call::text AS text, answer AS raw FROM idempotent_calls call WHERE id = ${call.id}`;
    expect(dump?.text).not.toContain(Buffer.from('very_secret').toString('hex'));
    expect(dump?.raw.includes('very_secret')).toBe(false);
    const rotated = parsePepper(`v2:${Buffer.alloc(32, 9).toString('base64url')}`);
    const elsewhere = createIdempotency({ sql: plane.sql, pepper: rotated, now: () => at });
    expect(await elsewhere.claim(call)).toEqual({ kind: 'answer_lost' });
    await plane.sql`UPDATE idempotent_calls SET answer = ${dump?.raw ?? null} WHERE id = ${other.id}`;
    await expect(idempotency.claim(other)).rejects.toThrow();
  });
});
