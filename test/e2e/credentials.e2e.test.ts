import { createSecretKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPipeline, startPipeline } from '../../bench/support/running-pipeline.ts';
import { sign } from '../support/jwts.ts';

let pipeline: RunningPipeline;

beforeAll(async () => {
  pipeline = await startPipeline({});
  await ask('POST', '/api/v1/tenants', { body: { tenant_id: 'acme-corp', name: 'Acme', code: 'ACME' } });
  await ask('POST', '/api/v1/capabilities', { body: { orgCode: 'ACME', code: 'P2P', name: 'Prior Authorization' } });
});
afterAll(() => pipeline.stop());

async function ask(
  method: string,
  path: string,
  { body, key = pipeline.adminKey }: { body?: object; key?: string } = {},
) {
  const response = await fetch(`${pipeline.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const made = (await response.json()) as { key: string; id: string; access_token: string };
  return { status: response.status, body: made };
}

/** The statuses of an event sent to the ingest tier and of a query to the API tier. */
async function statusesOf(key: string): Promise<[number, number]> {
  const event = { orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'CycleTime', value: 1 };
  const sent = await fetch(`${pipeline.ingestUrl}/api/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  return [sent.status, (await ask('GET', '/api/v1/metrics', { key })).status];
}

async function jwtOf(role: string): Promise<string> {
  const file = join(pipeline.dataDir ?? '', 'jwt.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { secret } = JSON.parse(await readFile(file, 'utf8'));
  const claims = { iss: 'tidemark', aud: 'tidemark', sub: 'alice@acme.com', tenant: 'ACME', role };
  return sign({ ...claims, exp: Math.floor(Date.now() / 1_000) + 300 }, { key: createSecretKey(secret, 'utf8') });
}

async function createKey(scope: string): Promise<{ key: string; id: string; token: string }> {
  const { body } = await ask('POST', '/api/v1/keys', { body: { name: scope, scope, orgCode: 'ACME' } });
  const token = await ask('POST', '/api/v1/auth/token', { key: body.key, body: {} });
  return { key: body.key, id: body.id, token: token.body.access_token };
}

describe('in both tiers', () => {
  it('JWTs signed with the secret of the data directory are valid, by their role', async () => {
    expect(await statusesOf(await jwtOf('operator'))).toEqual([201, 200]);
    expect(await statusesOf(await jwtOf('viewer'))).toEqual([403, 200]);
    expect(await statusesOf(await jwtOf('super-admin'))).toEqual([403, 403]);
    expect(await statusesOf(await jwtOf('nobody'))).toEqual([401, 401]);
  });

  it('a revoked key and its JWT are refused as soon as the revocation is answered', async () => {
    const { key, id, token } = await createKey('Admin');
    for (const credential of [key, token]) expect(await statusesOf(credential)).toEqual([201, 200]);
    expect((await ask('DELETE', `/api/v1/keys/${id}`)).status).toBe(200);
    for (const credential of [key, token]) expect(await statusesOf(credential)).toEqual([401, 401]);
  });

  it('a suspended organization is refused as soon as the suspension is answered, and a deleted one is gone', async () => {
    const { key, token } = await createKey('Admin');
    const credentials = [key, token, await jwtOf('operator')];
    expect((await ask('POST', '/api/v1/organizations/ACME/suspend')).status).toBe(200);
    for (const credential of credentials) expect(await statusesOf(credential)).toEqual([403, 403]);
    expect((await statusesOf(pipeline.adminKey))[0]).toBe(403);
    expect((await ask('POST', '/api/v1/organizations/ACME/resume')).status).toBe(200);
    for (const credential of credentials) expect(await statusesOf(credential)).toEqual([201, 200]);
    expect((await ask('DELETE', '/api/v1/organizations/ACME')).status).toBe(200);
    for (const credential of credentials) expect(await statusesOf(credential)).toEqual([401, 401]);
  });
});
