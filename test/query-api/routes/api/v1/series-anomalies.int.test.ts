import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../../../bench/support/random.ts';
import { PartitionFold } from '../../../../../processors/analytics/partition-fold.ts';
import { createClickHouseRows } from '../../../../../processors/analytics/row-store.ts';
import { anomalies } from '../../../../../processors/anomalies/anomalies.ts';
import type { AnomalyDetails, AnomalyList } from '../../../../../schemas/api/anomalies.ts';
import type { Backtest } from '../../../../../schemas/api/backtest.ts';
import type { Status } from '../../../../../schemas/api/status.ts';
import { createBatch, createEvent } from '../../../../support/event-batches.ts';
import {
  acme,
  globex,
  type QueryStack,
  startQueryStack,
  type TestEvent,
  testNow,
} from '../../../../support/query-stack.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
/** The spike, a quarter of an hour ago; the series is known for two days. */
const spikeAt = testNow - 15 * minuteMs;
const firstAt = spikeAt - 2 * dayMs;
let stack: QueryStack;

/** A value a minute: around 10, in the spike 200 for what comes by fax. */
function history(): TestEvent[] {
  const random = createRandom('series-anomalies');
  const events: TestEvent[] = [];
  for (let at = firstAt; at < testNow; at += minuteMs) {
    const isSpike = at >= spikeAt && at < spikeAt + 3 * minuteMs;
    for (const channel of ['fax', 'web']) {
      const value = isSpike && channel === 'fax' ? 200 : 10 + random.normal();
      events.push({
        tenant: acme,
        capability: 'P2P',
        metric: 'CycleTime',
        at: at + 1_000,
        value,
        dimensions: { channel },
      });
    }
  }
  return events;
}

async function foldAndStore(events: readonly TestEvent[], tenant: string): Promise<void> {
  const fold = new PartitionFold(0, [anomalies]);
  const groups = [...Map.groupBy(events, ({ at }) => Math.floor(at / minuteMs)).values()];
  for (const [offset, group] of groups.entries()) {
    const made = group.map(({ capability, metric, at, value }, index) =>
      createEvent(`e${offset}-${index}`, { capability, metric, at, value }),
    );
    const receivedAt = Math.max(...group.map(({ at }) => at)) + 1_000;
    fold.onBatch({ offset, batch: createBatch([], { tenant, events: made, receivedAt }) });
  }
  await createClickHouseRows(stack.writer).store({ blocks: fold.takeBlocks(), token: tenant });
}

const list = async (query = '', key?: string): Promise<AnomalyList> =>
  (await stack.get(`/api/v1/anomalies${query}`, key)).body;

async function post<T>(path: string, body: unknown, key = 'k-query'): Promise<{ status: number; body: T }> {
  const response = await stack.app.inject({
    method: 'POST',
    url: path,
    headers: { 'x-api-key': key },
    payload: body as object,
  });
  return { status: response.statusCode, body: response.json() as T };
}

beforeAll(async () => {
  stack = await startQueryStack();
  const events = history();
  await stack.insert(events);
  await foldAndStore(events, acme.id);
  await foldAndStore(events, globex.id);
});
afterAll(() => stack?.close());

describe('anomalies of series', () => {
  it('are listed with what found them, once each, as they were told last', async () => {
    const { anomalies: found, total } = await list(`?since=${new Date(spikeAt).toISOString()}`);
    expect(total).toBe(1);
    expect(found[0]).toMatchObject({
      ...{
        kind: 'statistical',
        service_id: null,
        subject_kind: 'capability',
        subject: 'P2P',
        metric_name: 'CycleTime',
      },
      ...{
        direction: 'above',
        resolved: true,
        resolved_reason: 'back_to_expected',
        rca_triggered: false,
        muted_by: null,
      },
      ...{ starts_at: new Date(spikeAt).toISOString().replace('.000Z', 'Z'), labels: {}, truncated_alerts: 0 },
    });
    expect(found[0]?.anomaly_id).toMatch(/^anom-[0-9a-f]{24}$/);
    expect(found[0]?.z_score).toBeGreaterThan(10);
  });

  it.each([
    ['?kind=alert', 0],
    ['?kind=missing_data', 0],
    ['?kind=statistical&resolved=false', 0],
    ['?service_id=P2P', 0],
  ])('%s selects %i', async (query, count) => {
    expect((await list(query)).total).toBe(count);
  });

  it('stand beside alerts in one list with one page token', async () => {
    const alertOf = (id: string, at: number) => ({
      ...{
        tenant: acme.id,
        id,
        service: 'mailer',
        name: 'HighCPU',
        starts_at: new Date(at).toISOString().slice(0, -1),
      },
      ...{ score: 0.9, version: 1, received_at: new Date(at).toISOString().slice(0, -1), expires_at: 4_000_000_000 },
    });
    const rows = [alertOf('anom-before', spikeAt - minuteMs), alertOf('anom-after', spikeAt + 9 * minuteMs)];
    await stack.writer.command(
      `INSERT INTO alerts FORMAT JSONEachRow\n${rows.map((row) => JSON.stringify(row)).join('\n')}`,
    );
    const since = `since=${new Date(spikeAt - 5 * minuteMs).toISOString()}`;
    const kinds: string[] = [];
    for (let query: string | undefined = `?${since}&limit=1`; query !== undefined; ) {
      const page: AnomalyList = await list(query);
      expect(page.total).toBe(3);
      kinds.push(...page.anomalies.map(({ kind }) => kind));
      query = page.page_token === null ? undefined : `?${since}&limit=1&page_token=${page.page_token}`;
    }
    expect(kinds).toEqual(['alert', 'statistical', 'alert']);
  });
});

describe('GET /api/v1/anomalies/{id}', () => {
  it('explains by what was expected, what was learned, and the dimension that stands out', async () => {
    const [one] = (await list('?kind=statistical')).anomalies;
    const { body } = await stack.get(`/api/v1/anomalies/${one?.anomaly_id}`);
    const { explanation, ...rest } = body as AnomalyDetails;
    expect(rest).toEqual({ ...one, resolution: null });
    expect(explanation).toMatchObject({ direction: 'above', provisional: false, at: one?.starts_at });
    expect(explanation?.n).toBeGreaterThanOrEqual(2_880);
    expect(explanation?.expected).toBeCloseTo(10, 0);
    expect(explanation?.value).toBeGreaterThan(100);
    expect(explanation?.band.high).toBeLessThan(20);
    expect(explanation?.probability).toBeLessThan(0.01);
    expect(explanation?.contributing_dimension).toMatchObject({ dimension: 'channel', value: 'fax' });
    expect(explanation?.contributing_dimension?.share).toBeGreaterThan(0.9);
    expect(explanation?.sentence).toMatch(/^CycleTime of P2P was 1\d\d.* above what was expected .*channel fax/);
  });

  it('answers that of another organization like a missing one', async () => {
    const foreign = (await list('?kind=statistical&orgCode=GLOBEX', 'k-both')).anomalies[0]?.anomaly_id;
    expect(foreign).toMatch(/^anom-/);
    const [there, nowhere] = [
      await stack.get(`/api/v1/anomalies/${foreign}`),
      await stack.get('/api/v1/anomalies/anom-none'),
    ];
    expect(there).toEqual(nowhere);
    expect(there.status).toBe(404);
  });
});

describe('POST /api/v1/anomalies/backtest', () => {
  const question = {
    ...{ capability: 'P2P', metric_name: 'CycleTime' },
    ...{ from: new Date(spikeAt - 60 * minuteMs).toISOString(), to: new Date(testNow).toISOString() },
  };

  it('finds what was found, and says what other parameters find', async () => {
    const { status, body } = await post<Backtest>('/api/v1/anomalies/backtest', {
      ...question,
      long: { threshold: 200 },
      short: { threshold: 200 },
    });
    expect(status).toBe(200);
    expect(body.meta).toMatchObject({ minutes: 75, learned_minutes: 2_820 });
    expect(body.present.anomalies.map(({ starts_at: at }) => at)).toEqual([
      new Date(spikeAt).toISOString().replace('.000Z', 'Z'),
    ]);
    expect(body.present.long).toEqual({ threshold: 3, persistence: 1, cooldown_minutes: 1_440, escalation: 3 });
    expect(body.given).toMatchObject({ total: 0, long: { threshold: 200, persistence: 1 } });
    expect(body.difference).toMatchObject({ added: [], removed: body.present.anomalies, kept: 0 });
  });

  it('finds nothing different with the present parameters', async () => {
    const { body } = await post<Backtest>('/api/v1/anomalies/backtest', question);
    expect(body.given).toEqual(body.present);
    expect(body.difference).toEqual({ added: [], removed: [], kept: 1 });
  });

  it('of a series nobody has finds nothing', async () => {
    const { body } = await post<Backtest>('/api/v1/anomalies/backtest', { ...question, metric_name: 'Nothing' });
    expect(body).toMatchObject({ meta: { minutes: 0 }, given: { total: 0 } });
  });

  it.each([
    ['service_id', { service_id: 'x' }],
    ['to', { from: '2026-01-01', to: '2026-02-15' }],
    ['from', { from: 'yesterday' }],
    ['long.threshold', { long: { threshold: 0 } }],
    ['short.persistence', { short: { persistence: 61 } }],
    ['long.cooldown_minutes', { long: { cooldown_minutes: 10_081 } }],
  ])('is refused for a bad %s', async (field, change) => {
    const { status, body } = await post<{ error: { message: string } }>('/api/v1/anomalies/backtest', {
      ...question,
      ...change,
    });
    expect(status).toBe(400);
    expect(body.error.message).toContain(field);
  });

  it('is for those who may query', async () => {
    expect((await post('/api/v1/anomalies/backtest', question, 'k-ingest')).status).toBe(403);
  });
});

describe('GET /api/v1/status', () => {
  it('says what there is, and what is watched of the caller’s organizations', async () => {
    const { status, body } = await stack.get('/api/v1/status');
    const answer = body as Status;
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      status: 'ok',
      components: {
        watchdog: 'running',
        vectorizer: 'not_installed',
        rca: 'not_installed',
        llm: 'not_installed',
        clickhouse: 'ok',
      },
      watchdog: { last_run: '2026-03-19T11:59:30Z', metrics_monitored: 1 },
    });
    expect(answer.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(answer.watchdog.anomalies_last_hour).toBeGreaterThanOrEqual(1);
    expect((await stack.get('/api/v1/status', 'k-none')).body).toMatchObject({ watchdog: { metrics_monitored: 0 } });
  });

  it('is for those who may query', async () => {
    expect((await stack.get('/api/v1/status', 'k-ingest')).status).toBe(403);
    expect((await stack.get('/api/v1/status', 'nobody')).status).toBe(401);
  });
});
