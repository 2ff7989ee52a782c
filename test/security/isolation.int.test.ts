import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnomalyList } from '../../schemas/api/anomalies.ts';
import type { ServiceList } from '../../schemas/api/telemetry-services.ts';
import { waitFor } from '../support/processes.ts';
import { type Draft, draftOf, type Operation, urlOf } from './operations.ts';
import { placesOf } from './places.ts';
import { type Answer, inParallel, type System, startSystem, untilAvailable } from './system.ts';

const SOON_MS = 30_000;
const MIN_ATTEMPTS = 1_000;
const WIDTH = 8;
/** ISOLATION_ALL=1: every foreign object at every place with every key; else a part of them that differs from place to place. */
const isFull = process.env.ISOLATION_ALL === '1';
const KINDS_A_PLACE = 5;
/** Names of the other tenant hold it, so that none of them can be mistaken. */
const CANARY = 'Zwx9Canary';

/** Something of the other tenant, and something like it that nobody has. */
interface Foreign {
  kind: string;
  value: string;
  missing: string;
}

interface Attempt {
  operation: Operation;
  foreign: Foreign;
  /** Where it stands in the request. */
  place: string;
  key: string;
  put(value: string): Draft;
}

let system: System;
let attackers: string[];
let victim: string;
let foreigners: Foreign[];
let known: Record<string, unknown>;
let before: string;

interface Named {
  id: string;
  number: number;
  slug: string;
}

async function createTenant(code: string, mark: string): Promise<Named> {
  const made = await system.ask<Named>('POST', '/api/v1/organizations', { body: { code, name: `${mark} Inc.` } });
  await system.ask('POST', '/api/v1/capabilities', { body: { orgCode: code, code: `${mark}Cap`, name: mark } });
  await system.ask('PUT', `/api/v1/metrics/met_${mark}Cap_${mark}Time`, {
    body: { orgCode: code, displayName: mark, unit: 'hours', slaTargets: { [`${mark}Urgency`]: 4 } },
  });
  return made;
}

const createKey = (orgCode: string, scope: string, name: string) =>
  system.ask<{ id: string; key: string }>('POST', '/api/v1/keys', { body: { name, scope, orgCode } });

/** An SLO over the metric of the organization. */
const createSlo = (orgCode: string, mark: string) =>
  system.ask('PUT', `/api/v1/slo/${mark}-slo`, {
    body: { orgCode, metricId: `met_${mark}Cap_${mark}Time`, objective: 0.9, window: { days: 30 } },
  });

const eventOf = (orgCode: string, mark: string, id: string) => ({
  orgCode,
  capabilityCode: `${mark}Cap`,
  metricType: `${mark}Time`,
  value: 4.25,
  id,
  correlationId: `${mark}-case`,
  dimensions: { [`${mark}Dim`]: `${mark}Value`, urgency: `${mark}Urgency` },
});

/** A log event, a point, a deployment and an alert of a service. */
async function sendTelemetry(mark: string, key: string): Promise<void> {
  const service = `${mark}Service`;
  const metadata = { [`${mark}Name`]: `${mark}Value` };
  const log = { service, level: 'error', message: `${mark} failed`, traceId: `${mark}Trace`, metadata };
  await system.ask('POST', '/events/logs', { key, body: log });
  const point = { service, name: `${mark}Latency`, value: 4.25, unit: `${mark}s`, labels: metadata };
  await system.ask('POST', '/events/metrics', { key, body: point });
  const deployment = { service, version: `${mark}1`, environment: `${mark}Env`, metadata };
  await system.ask('POST', '/events/deployments', { key, body: deployment });
  const labels = { alertname: `${mark}Down`, service, severity: 'critical' };
  const alert = { status: 'firing', labels, annotations: metadata, startsAt: new Date().toISOString() };
  await system.ask('POST', '/api/v1/alerts/webhook', { key, body: { version: '4', alerts: [alert] } });
}

beforeAll(async () => {
  system = await startSystem();
  const [own, other] = [await createTenant('ACME', 'Own'), await createTenant('GLOBEX', CANARY)];
  await Promise.all([createSlo('ACME', 'Own'), createSlo('GLOBEX', CANARY)]);
  const ownKeys = await Promise.all(['Admin', 'Query', 'Ingest'].map((scope) => createKey('ACME', scope, 'Own')));
  attackers = ownKeys.map(({ key }) => key);
  const otherKey = await createKey('GLOBEX', 'Admin', CANARY);
  victim = otherKey.key;
  const idempotencyKey = `${CANARY}-request`;
  await system.ask('POST', '/api/v1/events', {
    body: eventOf('GLOBEX', CANARY, `evt_${CANARY}`),
    key: victim,
    idempotencyKey,
  });
  await system.ask('POST', '/api/v1/events', { body: eventOf('ACME', 'Own', 'evt_own'), key: attackers[0] ?? '' });
  await sendTelemetry(CANARY, victim);
  await sendTelemetry('Own', attackers[0] ?? '');
  const told = async (key: string) => {
    const { services } = await system.ask<ServiceList>('GET', '/api/v1/telemetry/services', { key });
    return Object.values(services[0]?.last_seen_by_kind ?? {}).filter((at) => at !== null).length;
  };
  await waitFor(async () => (await told(victim)) === 4 && (await told(attackers[0] ?? '')) === 4, SOON_MS);
  const owners: [string, string, string][] = [
    ['GLOBEX', CANARY, victim],
    ['ACME', 'Own', attackers[0] ?? ''],
  ];
  for (const [orgCode, mark, key] of owners) {
    const milestone = { metricType: 'Milestone', dimensions: { milestone: `${mark}Value` } };
    const body = { ...eventOf(orgCode, mark, `evt_${mark}_milestone`), ...milestone };
    await system.ask('POST', '/api/v1/events', { body, key });
  }
  const stored = async (path: string, key: string) =>
    (await system.ask<{ data: unknown[] }>('GET', `/api/v1/${path}`, { key })).data.length;
  for (const [, , key] of owners) {
    await waitFor(async () => (await stored('events', key)) === 2 && (await stored('cases', key)) === 1, SOON_MS);
  }
  const { anomalies } = await system.ask<AnomalyList>('GET', '/api/v1/anomalies', { key: victim });
  const anomaly = anomalies[0]?.anomaly_id ?? '';
  expect(anomaly).toMatch(/^anom-/);
  foreigners = [
    { kind: 'organization code', value: 'GLOBEX', missing: 'NOWHER' },
    { kind: 'organization id', value: other.id, missing: `org_${'0'.repeat(other.id.length - 4)}` },
    { kind: 'organization number', value: String(other.number), missing: String(other.number + 5) },
    { kind: 'organization slug', value: other.slug, missing: 'nowher' },
    { kind: 'capability', value: `${CANARY}Cap`, missing: 'Zwx9NobodyCap' },
    { kind: 'metric', value: `met_${CANARY}Cap_${CANARY}Time`, missing: 'met_Zwx9NobodyCap_Zwx9NobodyTime' },
    { kind: 'metric type', value: `${CANARY}Time`, missing: 'Zwx9NobodyTime' },
    { kind: 'key', value: otherKey.id, missing: 'key_0000000000aB' },
    { kind: 'event', value: `evt_${CANARY}`, missing: 'evt_Zwx9Nobody' },
    { kind: 'case', value: `${CANARY}-case`, missing: 'Zwx9Nobody-case' },
    { kind: 'dimension', value: `${CANARY}Dim`, missing: 'Zwx9NobodyDim' },
    { kind: 'service', value: `${CANARY}Service`, missing: 'Zwx9NobodyService' },
    {
      kind: 'metric of a service',
      value: `met_${CANARY}Service_${CANARY}Latency`,
      missing: 'met_Zwx9NobodyService_Zwx9NobodyLatency',
    },
    { kind: 'trace', value: `${CANARY}Trace`, missing: 'Zwx9NobodyTrace' },
    { kind: 'environment', value: `${CANARY}Env`, missing: 'Zwx9NobodyEnv' },
    { kind: 'SLO', value: `${CANARY}-slo`, missing: 'Zwx9Nobody-slo' },
    { kind: 'anomaly', value: anomaly, missing: `anom-${'0'.repeat(anomaly.length - 5)}` },
    { kind: 'idempotency key', value: idempotencyKey, missing: 'Zwx9Nobody-request' },
  ];
  known = {
    orgCode: 'ACME',
    organization: own.id,
    capabilityCode: 'OwnCap',
    metricType: 'OwnTime',
    metricId: 'met_OwnCap_OwnTime',
    from: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
    to: new Date().toISOString().slice(0, 10),
    value: 1,
    name: 'Own',
  };
  before = await worldOf(victim);
}, 120_000);
afterAll(() => system.stop());

const timely = new Set(['lastUsedAt', 'storageUsedMb', 'asOf', 'ageMs', 'stageAgeMs']);

/** All the other tenant can see of itself, without what time changes. */
async function worldOf(key: string): Promise<string> {
  const control = ['organizations', 'organizations/GLOBEX', 'capabilities', 'keys'];
  const paths = [...control, 'metrics', 'events', 'logs', 'deployments', 'anomalies', 'cases', 'telemetry/services'];
  const answers = await Promise.all(paths.map((path) => system.ask<unknown>('GET', `/api/v1/${path}`, { key })));
  return JSON.stringify(answers, (name, value) => (timely.has(name) ? '' : value));
}

/** The metric, capability or case of a path is one's own; anything else in a path that could be deleted or changed does not exist. */
const ownByPath = [
  ['/metrics/', 'met_OwnCap_OwnTime'],
  ['/capabilities/', 'OwnCap'],
  ['/cases/', 'Own-case'],
  ['orgCode', 'ACME'],
] as const;
/** What is put under its name exists from then on; what is deleted never did, or the second deletion met something else than the first. */
const pathValue = ({ method, path }: Operation) =>
  ownByPath.find(([part]) => path.includes(part))?.[1] ?? (method === 'DELETE' ? 'nobody' : 'nothing');

function baseOf(operation: Operation): Draft {
  const draft = draftOf(operation, known);
  for (const name of Object.keys(draft.pathValues)) draft.pathValues[name] = pathValue(operation);
  return draft;
}

function attemptsOf(operation: Operation, offset: number): Attempt[] {
  return placesOf(operation, baseOf(operation)).flatMap(({ name: place, put }, index) => {
    const all = foreigners.flatMap((foreign) => attackers.map((key) => ({ operation, foreign, place, key, put })));
    if (isFull) return all;
    const step = Math.ceil(all.length / KINDS_A_PLACE);
    return all.filter((_, position) => position % step === (index + offset) % step);
  });
}

/** A text without the value it was asked for. */
function withoutValue(text: string, value: string): string {
  // A number of one digit stands in many places that do not mean it.
  return value.length < 4
    ? text.replaceAll(new RegExp(`(['"])${value}\\1`, 'g'), '⟨value⟩')
    : text.replaceAll(value, '⟨value⟩');
}

/** What an answer says, whatever the value was called and whenever it was given. */
function essenceOf({ status, text }: Answer, value: string): string {
  if (status < 400) return String(status);
  return `${status} ${withoutValue(text, value).replaceAll(/"request_id":"[^"]*"/g, '')}`;
}

/** What was made by the second request was made later. */
const timeless = (text: string, value: string) =>
  withoutValue(text, value).replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '⟨time⟩');

const canaryIn = (text: string, sent: string) => text.replaceAll(sent, '').includes(CANARY);

async function leaksOf({ foreign, operation, place, key, put }: Attempt): Promise<string[]> {
  const there = await untilAvailable(() => system.send(put(foreign.value), key));
  const nowhere = await untilAvailable(() => system.send(put(foreign.missing), key));
  const [one, other] = [essenceOf(there, foreign.value), essenceOf(nowhere, foreign.missing)];
  const what = `${operation.method} ${operation.path}: ${foreign.kind} in ${place}`;
  return [
    ...(one === other ? [] : [`${what} is told apart: ${one} / ${other}`]),
    ...(canaryIn(there.text, foreign.value) ? [`${what} shows ${there.text} to ${urlOf(put(foreign.value))}`] : []),
    ...(there.status >= 500 ? [`${what} fails: ${there.text}`] : []),
  ];
}

const attemptsOn = (isMeant: (method: string) => boolean): Attempt[] =>
  system.operations.filter(({ path, method }) => /^\/(api|events)\//.test(path) && isMeant(method)).flatMap(attemptsOf);

const report = (attempts: readonly Attempt[], leaks: readonly string[]): void =>
  console.log(`isolation: ${attempts.length} attempts, ${system.operations.length} operations, ${leaks.length} leaks`);

describe('another tenant’s objects', () => {
  // First of all, so that nothing of what the attackers do later can stand in what they read.
  it('are in no answer to any read, wherever in it they are named', async () => {
    const attempts = attemptsOn((method) => method === 'GET');
    const leaks: string[] = [];
    await inParallel(attempts, WIDTH, async (attempt) => void leaks.push(...(await leaksOf(attempt))));
    report(attempts, leaks);
    expect(leaks.slice(0, 10)).toEqual([]);
  }, 900_000);

  it('are answered byte for byte like missing ones, headers included', async () => {
    const headersOf = ({ headers }: Answer) =>
      [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)).sort();
    const sameLength = foreigners.filter(({ value, missing }) => value.length === missing.length);
    expect(sameLength.length).toBeGreaterThan(3);
    for (const operation of system.operations.filter(({ path }) => path.includes('{'))) {
      const draft = draftOf(operation, known);
      for (const { value, missing } of sameLength) {
        const ask = (text: string) => {
          const pathValues = Object.fromEntries(Object.keys(draft.pathValues).map((name) => [name, text]));
          return system.send({ ...draft, pathValues }, attackers[0]);
        };
        const [there, nowhere] = [await ask(value), await ask(missing)];
        const what = `${operation.method} ${operation.path} ${value}`;
        expect(timeless(there.text, value), what).toBe(timeless(nowhere.text, missing));
        expect(headersOf(there), what).toEqual(headersOf(nowhere));
      }
    }
  });

  it('are in no answer to any write and are not changed by it, wherever in it they are named', async () => {
    const attempts = attemptsOn((method) => method !== 'GET');
    // Writes change what the next one meets, so they come one by one, and once before: each then meets what is there.
    for (const operation of system.operations.filter(({ method }) => method !== 'GET')) {
      for (const key of attackers) await system.send(baseOf(operation), key);
    }
    const leaks: string[] = [];
    for (const attempt of attempts) leaks.push(...(await leaksOf(attempt)));
    report(attempts, leaks);
    expect(leaks.slice(0, 10)).toEqual([]);
    expect(await worldOf(victim)).toBe(before);
  }, 900_000);

  it('have been tried for often enough', () => {
    expect(attemptsOn(() => true).length).toBeGreaterThanOrEqual(MIN_ATTEMPTS);
  });
});
