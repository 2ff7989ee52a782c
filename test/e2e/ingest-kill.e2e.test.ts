import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmbeddedLog } from '../../platform/log-store/embedded-client.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { readBatches } from '../support/ingest-app.ts';
import { type IngestStack, startIngestStack } from '../support/ingest-stack.ts';

/** How often ingest is killed; `ROUNDS=200` for the long proof. */
const rounds = Number(process.env.ROUNDS ?? 15);
const clients = 4;
const maxLifeMs = 400;
const batchSizes = [1, 7, 50];
const retryPauseMs = 20;

interface Sent {
  correlationIds: string[];
  isKeyed: boolean;
  isAcknowledged: boolean;
  /** Tries whose outcome the client never learnt. */
  unknownOutcomes: number;
}

let stack: IngestStack;
beforeAll(async () => {
  stack = await startIngestStack();
});
afterAll(async () => {
  await stack.stop();
});

test(
  `an ingest tier killed ${rounds} times under load has every acknowledged event in the log, and repeats only where they are marked`,
  async () => {
    const sent = await sendWhileKilling();
    const batches = await readLog();
    const byRequest = Map.groupBy(batches, ({ events }) => events[0]?.correlationId.split('/')[0] ?? '');
    const acknowledged = [...sent.values()].filter(({ isAcknowledged }) => isAcknowledged);
    expect(acknowledged.length).toBeGreaterThan(rounds * clients);

    for (const [name, request] of sent) {
      const copies = byRequest.get(name) ?? [];
      expect(copies.length, `${name}: acknowledged, so there`).toBeGreaterThanOrEqual(request.isAcknowledged ? 1 : 0);
      expect(copies.length, `${name}: a copy a try at most`).toBeLessThanOrEqual(
        request.unknownOutcomes + (request.isAcknowledged ? 1 : 0),
      );
      for (const { events, clientIds } of copies) {
        expect(events.map(({ correlationId }) => correlationId)).toEqual(request.correlationIds);
        expect(clientIds, `${name}: a repeat is possible only with a key`).toBe(request.isKeyed);
        expect(events.map(({ id }) => id)).toEqual(copies[0]?.events.map(({ id }) => id));
      }
    }
    expect([...byRequest.keys()].filter((name) => !sent.has(name))).toEqual([]);
    const counted = new Set(batches.flatMap(({ events }) => events.map(({ id }) => id)));
    const stored = [...sent]
      .filter(([name]) => byRequest.has(name))
      .flatMap(([, { correlationIds }]) => correlationIds);
    expect(counted.size, 'by id every event is there once').toBe(stored.length);
    report(sent, byRequest);
  },
  60_000 + rounds * 5_000,
);

/** Clients send all the time while ingest is killed and started again and again; resolves when it was killed often enough and each request has ended. */
async function sendWhileKilling(): Promise<Map<string, Sent>> {
  const sent = new Map<string, Sent>();
  const life = { isOver: false };
  const sending = Array.from({ length: clients }, (_, client) => send(client, sent, life));
  for (let round = 0; round < rounds; round++) {
    const ingest = await stack.startIngest();
    await delay(Math.random() * maxLifeMs);
    process.kill(ingest.pid, 'SIGKILL');
    await ingest.ended;
  }
  const last = await stack.startIngest();
  life.isOver = true;
  await Promise.all(sending);
  await last.stop();
  return sent;
}

async function send(client: number, sent: Map<string, Sent>, life: { isOver: boolean }): Promise<void> {
  for (let number = 0; !life.isOver; number++) {
    const name = `c${client}-${number}`;
    const count = batchSizes[number % batchSizes.length] ?? 1;
    const request: Sent = {
      correlationIds: Array.from({ length: count }, (_, index) => `${name}/${index}`),
      isKeyed: number % 4 !== 0,
      isAcknowledged: false,
      unknownOutcomes: 0,
    };
    sent.set(name, request);
    await sendUntilKnown(name, request);
  }
}

// Without a key a repeat would count twice, so such a client gives up when it does not learn the outcome.
async function sendUntilKnown(name: string, request: Sent): Promise<void> {
  const body = JSON.stringify({
    events: request.correlationIds.map((correlationId, value) => ({
      ...{ orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'Load' },
      ...{ value, correlationId, dimensions: { client: name.split('-')[0] } },
    })),
  });
  while (!request.isAcknowledged) {
    const outcome = await post(body, request.isKeyed ? { 'idempotency-key': name } : {});
    if (outcome === 'acknowledged') request.isAcknowledged = true;
    if (outcome === 'unknown') request.unknownOutcomes++;
    if (outcome === 'unknown' && !request.isKeyed) return;
    if (outcome !== 'acknowledged') await delay(retryPauseMs);
  }
}

async function post(body: string, headers: Record<string, string>): Promise<'acknowledged' | 'unknown' | 'unsent'> {
  try {
    const response = await fetch(`${stack.url}/api/v1/events/batch`, {
      method: 'POST',
      headers: { 'x-api-key': stack.key, 'content-type': 'application/json', ...headers },
      body,
    });
    const text = await response.text();
    if (response.status !== 201 && response.status < 500) throw new Error(`${response.status}: ${text}`);
    return response.status === 201 ? 'acknowledged' : 'unknown';
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { code } = (error.cause ?? {}) as { code?: string };
    return code === 'ECONNREFUSED' ? 'unsent' : 'unknown';
  }
}

async function readLog(): Promise<EventBatch[]> {
  const log = await createEmbeddedLog({ url: stack.logUrl });
  const batches = await readBatches(log);
  await log.close();
  return batches;
}

function report(sent: Map<string, Sent>, byRequest: Map<string, EventBatch[]>): void {
  const requests = [...sent.values()];
  const events = requests
    .filter(({ isAcknowledged }) => isAcknowledged)
    .flatMap(({ correlationIds }) => correlationIds);
  const unknown = requests.reduce((sum, { unknownOutcomes }) => sum + unknownOutcomes, 0);
  const repeats = [...byRequest.values()].filter((copies) => copies.length > 1).length;
  console.log(
    `${rounds} kills: ${events.length} acknowledged events, ${unknown} unknown outcomes, ${repeats} repeated records`,
  );
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
