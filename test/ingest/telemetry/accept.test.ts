import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCardinalityGuard } from '../../../ingest/cardinality.ts';
import { acceptDeployments } from '../../../ingest/telemetry/accept-deployments.ts';
import { acceptLogs } from '../../../ingest/telemetry/accept-logs.ts';
import { acceptPoints } from '../../../ingest/telemetry/accept-points.ts';
import { derivedIds, freshIds } from '../../../ingest/telemetry/batch-ids.ts';
import { unrolledLabels } from '../../../ingest/telemetry/unrolled-labels.ts';
import { TELEMETRY_ROUTES } from '../../../schemas/api/telemetry.ts';
import { TELEMETRY_LIMITS } from '../../../schemas/api/telemetry-limits.ts';
import { decodeDeploymentBatch, encodeDeploymentBatch } from '../../../schemas/telemetry/deployment-batch-codec.ts';
import { decodeLogBatch, encodeLogBatch } from '../../../schemas/telemetry/log-batch-codec.ts';
import { decodeMetricBatch, encodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';

const receivedAt = Date.UTC(2026, 2, 18, 10, 30);
const dayMs = 86_400_000;
const table = createCardinalityGuard<unknown>().table('org_acme');
const context = { receivedAt, retentionDays: 30, ids: { at: (index: number) => `id-${index}` } };
const log = { service: 's', level: 'info' as const, message: 'm' };
const issuesOf = (items: unknown[]) => {
  const accepted = acceptLogs(items as never, context);
  return 'issues' in accepted ? accepted.issues.map(({ index, field, issue }) => `${index} ${field}: ${issue}`) : [];
};
const at = (offsetMs: number) => new Date(receivedAt + offsetMs).toISOString();

describe('the time of an item', () => {
  test.each([
    [at(10 * 60_000), []],
    [at(10 * 60_000 + 1), ['0 timestamp: must not be more than 10 minutes in the future']],
    [at(-30 * dayMs), []],
    [at(-30 * dayMs - 1), ["0 timestamp: must not be older than the organization's retention of 30 days"]],
    ['2026-03-18', ['0 timestamp: must be an RFC 3339 timestamp with offset such as 2026-03-18T10:30:00Z']],
  ])('%s is judged by the clock of ingest and the retention', (timestamp, expected) => {
    expect(issuesOf([{ ...log, timestamp }])).toEqual(expected);
  });
});

test('services are trimmed, keep their case, and are told once each', () => {
  const accepted = acceptLogs(
    [' A ', 'A', 'a', 'B\t'].map((service) => ({ ...log, service })),
    context,
  );
  expect('services' in accepted && [...accepted.services]).toEqual(['A', 'a', 'B']);
  expect(issuesOf([log, { ...log, service: 'a\u0007b' }])).toEqual(['1 service: must not contain control characters']);
});

test('metadata has a limit for names and for values as text', () => {
  const { metadataNameLength: nameLength, metadataValueLength: valueLength } = TELEMETRY_LIMITS;
  const metadata = { ['n'.repeat(nameLength)]: 'v'.repeat(valueLength), nested: ['x'.repeat(valueLength - 4)] };
  expect(issuesOf([{ ...log, metadata }])).toEqual([]);
  expect(issuesOf([{ ...log, metadata: { ['n'.repeat(nameLength + 1)]: '' } }])).toHaveLength(1);
  expect(issuesOf([{ ...log, metadata: { long: ['x'.repeat(valueLength - 3)] } }])).toEqual([
    `0 metadata.long: must have at most ${valueLength} characters as text`,
  ]);
});

test('labels beyond the values of a plan are named, and stay so', () => {
  const small = createCardinalityGuard<unknown>().table('org_acme', 2);
  const of = (pod: string) => unrolledLabels(small, { service: 's', metric: 'm', labels: { pod, env: 'prod' } });
  expect([of('a'), of('b'), of('a'), of('c'), of('a')]).toEqual([[], [], [], ['pod'], ['pod']]);
});

test('derived ids are the same for the same tenant and text only; all are UUIDs', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const ids = [derivedIds('a', 'k'), derivedIds('a', 'l'), derivedIds('b', 'k')].flatMap((one) => [
    one.batch,
    one.at(0),
    one.at(1),
  ]);
  expect(new Set(ids).size).toBe(9);
  for (const id of ids) expect(id).toMatch(uuid);
  expect(derivedIds('a', 'k').at(1)).toBe(ids[2]);
  expect(freshIds().batch).not.toBe(freshIds().batch);
});

describe('any JSON at all', () => {
  const key = fc.constantFrom(
    'service',
    'level',
    'message',
    'name',
    'value',
    'unit',
    'timestamp',
    'labels',
    'metadata',
    'version',
    'environment',
    'gitHash',
    'traceId',
  );
  const text = fc.constantFrom('info', 'a', ' ', '2026-03-18T10:30:00Z', 'x\u0000');
  const value = fc.oneof(
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.jsonValue(),
    fc.dictionary(fc.string(), fc.jsonValue()),
  );
  const items = fc.array(fc.oneof(fc.jsonValue(), fc.dictionary(key, value)), { maxLength: 5 });
  const head = { tenant: 'org_acme', id: 'i', isRepeatable: false, receivedAt, retentionDays: 30 };
  const ajv = new Ajv({ strict: false });
  const kinds = {
    logs: {
      accept: (given: never[]) => acceptLogs(given, context),
      back: (accepted: never[]) => decodeLogBatch(encodeLogBatch({ ...head, logs: accepted })),
    },
    metrics: {
      accept: (given: never[]) => acceptPoints(given, { ...context, table }),
      back: (accepted: never[]) => decodeMetricBatch(encodeMetricBatch({ ...head, series: accepted })),
    },
    deployments: {
      accept: (given: never[]) => acceptDeployments(given, context),
      back: (accepted: never[]) => decodeDeploymentBatch(encodeDeploymentBatch({ ...head, deployments: accepted })),
    },
  };

  test.each(Object.entries(kinds))(
    'is judged as %s without a throw, and what is accepted comes back from its bytes',
    (kind, { accept, back }) => {
      const isValid = ajv.compile(TELEMETRY_ROUTES[kind as keyof typeof kinds].batch.body);
      fc.assert(
        fc.property(items, (given) => {
          const accepted = accept(given as never[]);
          if (!isValid(given) || 'issues' in accepted) return;
          expect(Object.values(back(accepted.items as never[])).at(-1)).toEqual(accepted.items);
        }),
        { numRuns: 2_000 },
      );
    },
  );
});
