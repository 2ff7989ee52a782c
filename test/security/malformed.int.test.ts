import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { Ajv, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ERROR_SCHEMAS } from '../../platform/http/error-schemas.ts';
import { commandOf, descendantsOf, isAlive } from '../support/processes.ts';
import { malformedRequests, type RawRequest } from './malformed.ts';
import { countFrom, type System, startSystem, untilAvailable } from './system.ts';

/** MALFORMED_RUNS=10000 is the full count. */
const RUNS = countFrom('MALFORMED_RUNS', 1_500);
const WARM_UP_RUNS = 500;
/** The same requests in every run, unless MALFORMED_SEED says otherwise. */
const SEED = countFrom('MALFORMED_SEED', 1);
const PARTS = 12;
const MAX_GROWTH_MIB = 50;
const ajv = new Ajv({ strict: false });
const isAnyError = ajv.compile({ anyOf: Object.values(ERROR_SCHEMAS) });
const validators = new Map<object, ValidateFunction>();
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

let system: System;
let known: Record<string, unknown>;
beforeAll(async () => {
  system = await startSystem();
  await system.ask('POST', '/api/v1/organizations', { body: { code: 'ACME', name: 'Acme' } });
  await system.ask('POST', '/api/v1/capabilities', { body: { orgCode: 'ACME', code: 'P2P', name: 'P2P' } });
  known = { orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'CycleTime', from: '2026-03-01', to: '2026-03-18' };
});
afterAll(async () => {
  agent.destroy();
  await system.stop();
});

interface Received {
  status: number;
  text: string;
}

function send({ method, url, headers, body }: RawRequest): Promise<Received> {
  return new Promise((resolve, reject) => {
    const target = new URL(system.apiUrl);
    const { hostname: host, port } = target;
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const outgoing = request(
      { host, port, agent, method, path: url, headers: { ...headers, ...length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Whether the text is an error as the operation's family documents it; of any family where the method or path is not of the operation. */
function isDocumentedError({ operation, what }: RawRequest, { status, text }: Received): boolean {
  const schema = operation.errorSchema;
  if (!validators.has(schema)) validators.set(schema, ajv.compile(schema));
  const isOwn = validators.get(schema) as ValidateFunction;
  const value: unknown = JSON.parse(text);
  // Where the method or path is another one, or the head too large to be read, no route says whose error it is.
  return isOwn(value) || ((/method|path/.test(what) || status === 431) && isAnyError(value));
}

const tiers = () => descendantsOf(system.pid ?? 0).filter((pid) => /(query-api|ingest)\/main\.ts/.test(commandOf(pid)));
const rssMiB = () =>
  tiers()
    .map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
    .reduce((sum, mib) => sum + mib, 0);

it('is answered with a documented error and never with a crash or a 5xx, whatever is wrong with a request', async () => {
  const started = tiers();
  expect(started).toHaveLength(2);
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  const property = fc.asyncProperty(malformedRequests(system.operations, known, system.adminKey), async (raw) => {
    const received = await untilAvailable(() => send(raw));
    const { status, text } = received;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status < 400 || (status < 500 && isDocumentedError(raw, received))) return;
    const body = raw.body?.toString().slice(0, 200) ?? '';
    faults.push(`${raw.what}: ${raw.method} ${raw.url.slice(0, 200)} ${body} -> ${status} ${text.slice(0, 200)}`);
  });
  await fc.assert(property, { numRuns: WARM_UP_RUNS, seed: SEED });
  const usedMiB: number[] = [];
  for (let part = 0; part < PARTS; part++) {
    await fc.assert(property, { numRuns: Math.ceil(RUNS / PARTS), seed: SEED + part + 1 });
    usedMiB.push(rssMiB());
  }
  // Between two collections memory goes up and down: what lasts shows in the lowest it gets to.
  const growth = Math.min(...usedMiB.slice(-PARTS / 3)) - Math.min(...usedMiB.slice(0, PARTS / 3));
  console.log(
    `malformed: ${RUNS + WARM_UP_RUNS} requests, ${growth.toFixed(1)} MiB, ${JSON.stringify([...statuses].sort())}`,
  );
  expect(faults.slice(0, 10)).toEqual([]);
  expect(tiers()).toEqual(started);
  expect(started.every(isAlive)).toBe(true);
  expect(growth).toBeLessThanOrEqual(MAX_GROWTH_MIB);
}, 600_000);
