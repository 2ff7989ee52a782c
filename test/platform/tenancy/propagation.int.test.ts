import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issueToken } from '../../../platform/tenancy/jwt/issued-tokens.ts';
import { insertKey, insertTenant } from '../../support/control-data.ts';
import { type ControlPlane, startControlPlane, testPepper } from '../../support/control-plane.ts';
import type { Watch } from '../../support/directory-process.ts';
import { claimsAt, sign } from '../../support/jwts.ts';

const rounds = 100;
const limitMs = 1_000;
let plane: ControlPlane;
let other: ChildProcess;
let tenant: string;

beforeAll(async () => {
  plane = await startControlPlane();
  tenant = await insertTenant(plane.sql, 'ACME');
  other = fork(join(import.meta.dirname, '../../support/directory-process.ts'), [plane.url]);
  await once(other, 'message');
});

afterAll(async () => {
  other.disconnect();
  await once(other, 'exit');
  await plane.close();
});

/** Milliseconds from the commit of a change until another process, which held the old state in its cache, acts on it. */
async function timeToSee(watch: Watch, change: () => Promise<unknown>): Promise<number> {
  other.send(watch);
  const [{ first }] = await once(other, 'message');
  expect(first).toBe(watch.until === 'allowed' ? 'suspended' : 'allowed');
  const seen = once(other, 'message');
  await change();
  const committedAt = performance.timeOrigin + performance.now();
  const [{ at }] = await seen;
  return at - committedAt;
}

async function percentile99(measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await measure());
  times.sort((a, b) => a - b);
  return times[Math.ceil(rounds * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
}

const newKey = () => insertKey(plane.sql, { tenants: [tenant] });
const revoke = (id: string) => plane.sql`UPDATE api_keys SET revoked_at = now() WHERE id = ${id}`;
const setStatus = (status: string) => plane.sql`UPDATE tenants SET status = ${status} WHERE id = ${tenant}`;

it('the revocation of a key reaches another process within a second, in the 99th of 100 cases', async () => {
  const p99 = await percentile99(async () => {
    const key = await newKey();
    return timeToSee({ credential: key.text, until: 'refused' }, () => revoke(key.id));
  });
  expect(p99).toBeLessThanOrEqual(limitMs);
});

it('the revocation of a key ends the JWTs made from it in another process within a second', async () => {
  const p99 = await percentile99(async () => {
    const [key, now] = [await newKey(), Date.now()];
    const parts = { keyId: key.id, tenant, role: 'viewer', issuedAt: now, expiresAt: now + 600_000 } as const;
    const credential = await issueToken(parts, testPepper);
    return timeToSee({ credential, until: 'refused' }, () => revoke(key.id));
  });
  expect(p99).toBeLessThanOrEqual(limitMs);
});

it.each(['key', 'JWT'])('a suspension and its end reach the %s in another process within a second', async (kind) => {
  const credential =
    kind === 'key'
      ? (await newKey()).text
      : await sign({ ...claimsAt(Math.floor(Date.now() / 1_000) * 1_000), tenant });
  const p99 = await percentile99(async () => {
    const suspended = await timeToSee({ credential, until: 'suspended' }, () => setStatus('suspended'));
    return Math.max(suspended, await timeToSee({ credential, until: 'allowed' }, () => setStatus('active')));
  });
  expect(p99).toBeLessThanOrEqual(limitMs);
});
