import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPageTokens } from '../../platform/http/page-tokens.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { buildQueryApi } from '../../query-api/app.ts';
import { createControl } from '../../query-api/control/control.ts';
import { REMOTE_WRITE_TYPES } from '../../schemas/api/remote-write.ts';
import { decodeMetricBatch } from '../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { silentLog, testPepper } from '../support/control-plane.ts';
import { createInMemoryDirectory } from '../support/in-memory-directory.ts';
import { NOW, readRecords, startTestIngest, TELEMETRY_KEY, type TestIngest } from '../support/ingest-app.ts';
import { encodeV2, snappy } from '../support/remote-write.ts';

const unused = (): never => expect.unreachable('a forwarded request needs no store');
const sql = createPostgres('postgres://nobody@127.0.0.1:1/none');
let ingest: TestIngest;
let api: Awaited<ReturnType<typeof buildQueryApi>>;
let apiUrl: string;

beforeAll(async () => {
  ingest = await startTestIngest();
  const ingestUrl = await ingest.app.listen({ host: '127.0.0.1', port: 0 });
  api = await buildQueryApi(
    {
      clickhouse: { select: unused, command: unused, insertNative: unused, ping: unused, close: unused } as never,
      directory: createInMemoryDirectory(),
      control: createControl({ sql, pepper: testPepper, now: Date.now }),
      deadLetters: { list: unused, replay: unused },
      pageTokens: createPageTokens(testPepper),
      now: Date.now,
      config: { rateLimits: false, requireHttps: false, ingestUrl },
      log: silentLog,
      metrics: createMetrics({ host: '127.0.0.1' }),
    },
    {},
  );
  apiUrl = await api.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await api?.close();
  await ingest?.app.close();
  await closePostgres(sql);
});

it('hands remote write on from the API port, bytes and headers as they are', async () => {
  const body = snappy(encodeV2([{ labels: { __name__: 'up', job: 'a' }, samples: [{ value: 1, at: NOW }] }]));
  const headers = {
    'content-type': REMOTE_WRITE_TYPES['2.0'],
    'content-encoding': 'snappy',
    authorization: `Bearer ${TELEMETRY_KEY}`,
  };
  const answer = await fetch(`${apiUrl}/api/v1/write`, { method: 'POST', headers, body: new Uint8Array(body) });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('x-prometheus-remote-write-samples-written')).toBe('1');
  const [batch] = await readRecords(ingest.logStore, TOPICS.metrics, decodeMetricBatch);
  expect(batch?.series.map(({ service, metric }) => [service, metric])).toEqual([['a', 'up']]);
});
