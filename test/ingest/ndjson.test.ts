import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type LineChunk, readChunks } from '../../ingest/ndjson/line-chunks.ts';
import { LogUnavailableError } from '../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { NDJSON_LIMITS } from '../../schemas/api/ndjson-limits.ts';
import { decodeLogBatch } from '../../schemas/telemetry/log-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { INGEST_KEY, readRecords, startTestIngest, TELEMETRY_KEY } from '../support/ingest-app.ts';

const limits = { bodyBytes: 1_000, lineBytes: 20, chunkLines: 3, chunkBytes: 30 };
const ndjson = { 'content-type': 'application/x-ndjson' };
const event = { orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'Milestone', value: 1 };
const log = { service: 's', level: 'info', message: 'm' };
const linesOf = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).join('\n');
const many = (count: number, item: object) => Array.from({ length: count }, (_, value) => ({ ...item, value }));

async function chunksOf(text: string, size: number): Promise<LineChunk[]> {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const chunks: LineChunk[] = [];
  for await (const chunk of readChunks(pieces(), limits)) chunks.push(chunk);
  return chunks;
}

const shown = (chunks: readonly LineChunk[]) =>
  chunks.map(({ lines, bad }) => [lines.map(({ number, bytes }) => `${number}:${bytes}`).join(' '), bad?.number]);

describe('the lines of a body', () => {
  test.each([1, 2, 7, 100])('are the same however it is cut, %i bytes at a time', async (size) => {
    expect(shown(await chunksOf('a\r\n\n  \nb\nc\nd\n\ne', size))).toEqual([
      ['1:a\r 4:b 5:c', undefined],
      ['6:d 8:e', undefined],
    ]);
    const long = 'x'.repeat(limits.lineBytes);
    expect(shown(await chunksOf(`${long}\n${long}`, size))).toEqual([
      [`1:${long}`, undefined],
      [`2:${long}`, undefined],
    ]);
    expect(shown(await chunksOf(`a\n${long}x\nb`, size))).toEqual([['1:a', 2]]);
    await expect(chunksOf('a\n'.repeat(600), size)).rejects.toMatchObject({ statusCode: 413 });
    expect(await chunksOf('', size)).toEqual([]);
  });
});

describe('a body of events', () => {
  const path = '/api/v1/events/batch';

  test('is stored in records of 1,000 lines, compressed or not', async () => {
    const ingest = await startTestIngest();
    const body = Buffer.from(linesOf(many(2_500, event)));
    const plain = await ingest.post(path, body, ndjson);
    expect([plain.status, plain.body]).toEqual([201, { accepted: 2_500, failed: 0, errors: [] }]);
    const packed = await ingest.post(path, gzipSync(body), { ...ndjson, 'content-encoding': 'gzip' });
    expect(packed.body.accepted).toBe(2_500);
    const stored = (await ingest.stored()).map(({ events }) => events.length);
    expect(stored).toEqual([1_000, 1_000, 500, 1_000, 1_000, 500]);
  });

  test.each([
    ['no JSON', '{"orgCode":', { field: '', issue: 'is not valid JSON: unexpected end at position 11' }],
    [
      'an invalid value',
      JSON.stringify({ ...event, value: -1 }),
      { field: 'value', issue: 'must be a positive number' },
    ],
    ['no object', '5', { field: '', issue: 'must be an object' }],
  ])('ends at a line with %s: all before it is stored, and the answer says so', async (...[, line, issue]) => {
    const ingest = await startTestIngest();
    const lines = [linesOf(many(1_200, event)), '', line, linesOf(many(10, event))].join('\n');
    const answer = await ingest.post(path, lines, ndjson);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ accepted: 1_200, line: 1_202, error: { code: 'validation_error' } });
    expect(answer.body.error.details).toEqual([issue]);
    expect((await ingest.stored()).map(({ events }) => events.length)).toEqual([1_000, 200]);
  });

  test('gets the same ids again under the same Idempotency-Key', async () => {
    const ingest = await startTestIngest();
    for (let round = 0; round < 2; round++) {
      const headers = { ...ndjson, 'idempotency-key': 'k' };
      expect((await ingest.post(path, linesOf(many(1_500, event)), headers)).status).toBe(201);
    }
    const ids = (await ingest.stored()).flatMap(({ events }) => events.map(({ id }) => id));
    expect([ids.length, new Set(ids).size]).toEqual([3_000, 1_500]);
  });

  test('belongs to one organization', async () => {
    const ingest = await startTestIngest();
    const other = { ...event, orgCode: 'BETA' };
    const mixed = await ingest.post(path, linesOf([event, other]), ndjson);
    expect(mixed.body).toMatchObject({ accepted: 1, line: 2 });
    const later = await ingest.post(path, linesOf([...many(1_000, event), other]), ndjson);
    expect([later.status, later.body]).toMatchObject([400, { accepted: 1_000, line: 1_001 }]);
    const foreign = await ingest.post(path, linesOf([{ ...event, orgCode: 'GAMMA' }]), ndjson);
    expect([foreign.status, foreign.body]).toMatchObject([403, { accepted: 0, line: 1 }]);
  });

  test('says what is stored when the log fails in the middle', async () => {
    const memory = createMemoryLog();
    let appends = 0;
    const ingest = await startTestIngest({
      ...memory,
      append: (...record) =>
        ++appends === 2 ? Promise.reject(new LogUnavailableError('away')) : memory.append(...record),
    });
    const answer = await ingest.post(path, linesOf(many(2_500, event)), ndjson);
    expect([answer.status, answer.body]).toMatchObject([503, { accepted: 1_000, line: 1_001 }]);
  });

  test('is refused when it is not in the encoding it names, or too large', async () => {
    const ingest = await startTestIngest();
    const broken = await ingest.post(path, 'no gzip', { ...ndjson, 'content-encoding': 'gzip' });
    expect([broken.status, broken.body]).toMatchObject([400, { accepted: 0, line: 1 }]);
    const unknown = await ingest.post(path, '{}', { ...ndjson, 'content-encoding': 'zip' });
    expect(unknown.status).toBe(415);
    const length = String(NDJSON_LIMITS.bodyBytes + 1);
    expect((await ingest.post(path, '{}', { ...ndjson, 'content-length': length })).status).toBe(413);
    const one = await ingest.post('/api/v1/events', linesOf([event]), ndjson);
    expect(one.status).toBe(415);
  });
});

test('telemetry comes line by line too, and says in its envelope where it ended', async () => {
  const ingest = await startTestIngest();
  const headers = { ...ndjson, 'x-api-key': TELEMETRY_KEY };
  for (const [kind, item] of Object.entries({
    logs: log,
    metrics: { service: 's', name: 'n', value: 1, unit: 'u' },
    deployments: { service: 's', version: 'v', environment: 'e' },
  })) {
    const answer = await ingest.post(`/events/${kind}/batch`, linesOf(many(1_001, item)), headers);
    expect([answer.status, answer.body]).toEqual([202, { accepted: 1_001 }]);
  }
  const bad = [...many(3, log), { ...log, level: 'loud' }];
  const answer = await ingest.post('/events/logs/batch', linesOf(bad), {
    ...headers,
    'x-api-key': INGEST_KEY,
    'x-organization-id': 'ACME',
  });
  expect([answer.status, answer.body]).toEqual([
    400,
    {
      statusCode: 400,
      message: 'Invalid log event: line 4: level: must be one of debug, info, warn, error, fatal',
      accepted: 3,
      line: 4,
    },
  ]);
  const records = await readRecords(ingest.logStore, TOPICS.logs, decodeLogBatch);
  expect(records.map(({ logs }) => logs.length)).toEqual([1_000, 1, 3]);
});
