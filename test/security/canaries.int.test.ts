import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandOf, descendantsOf, waitFor } from '../support/processes.ts';
import { draftOf } from './operations.ts';
import { inParallel, type System, startSystem } from './system.ts';

const MIN_CANARIES = 20;
const SOON_MS = 30_000;
const WIDTH = 8;
const random = (bytes = 24) => randomBytes(bytes).toString('base64url');

/** What must be seen nowhere, by its name. */
const canaries: Record<string, string> = {
  adminKey: `mk_live_${random()}`,
  metricsToken: random(),
  jwtSecret: random(48),
  webhookToken: random(),
  pepper: random(32),
  unknownKey: `mk_live_Ab3dEf6hIj9k_${randomBytes(32).toString('hex').slice(0, 49)}`,
  unknownToken: `ops_${randomBytes(24).toString('hex')}`,
  bearer: random(),
  basic: random(),
  cookie: random(),
  queryKey: `isage_${randomBytes(24).toString('hex')}`,
  forgedJwt: `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.${random(32)}`,
  keyInBrokenBody: `mk_live_${random()}`,
};
let system: System;

beforeAll(async () => {
  const env = {
    TIDEMARK_LOG_LEVEL: 'trace',
    TIDEMARK_METRICS_TOKEN: canaries.metricsToken ?? '',
    TIDEMARK_JWT_SECRET: canaries.jwtSecret ?? '',
    TIDEMARK_WEBHOOK_TOKEN: canaries.webhookToken ?? '',
    TIDEMARK_KEY_PEPPER: `v1:${canaries.pepper}`,
  };
  system = await startSystem(env, canaries.adminKey);
  await system.ask('POST', '/api/v1/organizations', { body: { code: 'ACME', name: 'Acme' } });
  for (const scope of ['Admin', 'Query', 'Ingest']) {
    const made = await system.ask<{ key: string }>('POST', '/api/v1/keys', {
      body: { name: scope, scope, orgCode: 'ACME' },
    });
    canaries[`key${scope}`] = made.key;
  }
  const session = { key: canaries.keyAdmin ?? '', body: {} };
  const { access_token } = await system.ask<{ access_token: string }>('POST', '/api/v1/auth/token', session);
  canaries.issuedJwt = access_token;
  const { writer, reader } = JSON.parse(
    await readFile(join(system.dataDir ?? '', 'clickhouse/passwords.json'), 'utf8'),
  );
  const endpoints = JSON.parse(await readFile(join(system.dataDir ?? '', 'endpoints.json'), 'utf8')) as Record<
    string,
    string
  >;
  const passwordOf = (url = '') => new URL(url).password || new URL(url).username;
  Object.assign(canaries, {
    writer,
    reader,
    log: passwordOf(endpoints.logUrl),
    postgres: passwordOf(endpoints.databaseUrl),
  });
}, 120_000);
afterAll(() => system.stop());

/** What of a secret must not be seen: its secret part, be it a key, a token or a password. */
const secretPart = (secret: string): string => secret.slice(-16);

const presented = (): Record<string, string>[] => [
  ...Object.entries(canaries).map(([, secret]) => ({ 'x-api-key': secret })),
  ...Object.entries(canaries).map(([, secret]) => ({ 'x-api-key': '', authorization: `Bearer ${secret}` })),
  { authorization: `Basic ${canaries.basic}`, cookie: `session=${canaries.cookie}` },
  { 'x-api-key': canaries.keyAdmin ?? '', authorization: `Bearer ${canaries.bearer}` },
];

/** Asks every operation with the secrets in place of credentials, in the query, and in bodies that cannot be read; returns all errors. */
async function provoke(): Promise<string[]> {
  const errors: string[] = [];
  const note = ({ status, text }: { status: number; text: string }) => void (status >= 400 && errors.push(text));
  await inParallel(system.operations, WIDTH, async (operation) => {
    const draft = draftOf(operation, { orgCode: 'ACME' });
    const own = { ...draft.headers };
    for (const headers of presented()) note(await system.send({ ...draft, headers: { ...own, ...headers } }));
    const query: [string, string][] = [...draft.query, ['api_key', canaries.queryKey ?? '']];
    note(await system.send({ ...draft, query }));
    if (draft.body !== undefined) note(await system.send({ ...draft, body: `{"key":"${canaries.keyInBrokenBody}"` }));
  });
  return errors;
}

it('are in no log line, no metric and no error, while stores work and while they are killed', async () => {
  const errors = await provoke();
  const engines = descendantsOf(system.pid ?? 0).filter((pid) => /clickhouse-main|postgres-main/.test(commandOf(pid)));
  // The shell that holds PostgreSQL has a child that watches.
  expect(engines).toHaveLength(3);
  for (const pid of engines) process.kill(pid, 'SIGKILL');
  errors.push(...(await provoke()));
  const isReady = async () => (await fetch(`${system.apiUrl}/health/ready`)).ok;
  await waitFor(isReady, SOON_MS);
  const metrics = await Promise.all(
    [system.apiUrl, system.ingestUrl].map(async (url) => {
      const headers = { authorization: `Bearer ${canaries.metricsToken}` };
      return (await fetch(`${url}/metrics`, { headers })).text();
    }),
  );
  expect(metrics.every((text) => text.includes('tidemark_http_requests_rejected_total'))).toBe(true);
  const seen = [...system.lines, ...metrics, ...errors];
  const shown = Object.entries(canaries).flatMap(([name, secret]) =>
    seen.filter((text) => text.includes(secretPart(secret))).map((text) => `${name}: ${text.slice(0, 300)}`),
  );
  console.log(
    `canaries: ${Object.keys(canaries).length} in ${system.lines.length} lines, ${errors.length} errors: ${shown.length} hits`,
  );
  expect(shown.slice(0, 10)).toEqual([]);
  expect(Object.keys(canaries).length).toBeGreaterThanOrEqual(MIN_CANARIES);
}, 180_000);
