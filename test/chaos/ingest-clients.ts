import { setTimeout as delay } from 'node:timers/promises';
import type { EventBatch } from '../../schemas/events/event-batch.ts';

/** One request of a client, repeated until its outcome is known where a repeat cannot count twice. */
export interface Sent {
  count: number;
  /** Has an `Idempotency-Key`, so that it may be repeated. */
  isKeyed: boolean;
  isAcknowledged: boolean;
  /** Tries whose outcome the client never learnt. */
  unknownOutcomes: number;
}

export interface Clients {
  /** By the correlation id of their events. */
  sent: ReadonlyMap<string, Sent>;
  /** Events acknowledged so far, by the correlation id of their request. */
  acknowledged(): Map<string, number>;
  /** Resolves when each request has ended. */
  stop(): Promise<void>;
}

export interface ClientsOptions {
  url: string;
  key: string;
  /** Default ACME. */
  orgCode?: string;
}

const clients = 4;
const batchSizes = [1, 7, 50];
const retryPauseMs = 20;
const answerWithinMs = 30_000;

/** Clients that send all the time, whatever becomes of the server; the events of a request have the values 0, 1, 2, … */
export function startClients(options: ClientsOptions): Clients {
  const sent = new Map<string, Sent>();
  const life = { isOver: false };
  const sending = Promise.all(Array.from({ length: clients }, (_, client) => send(client)));
  sending.catch(() => undefined); // Seen through `stop`.

  async function send(client: number): Promise<void> {
    for (let number = 0; !life.isOver; number++) {
      const name = `c${client}-${number}`;
      const count = batchSizes[number % batchSizes.length] ?? 1;
      const request: Sent = { count, isKeyed: number % 4 !== 0, isAcknowledged: false, unknownOutcomes: 0 };
      sent.set(name, request);
      await sendUntilKnown(options, name, request);
    }
  }

  return {
    sent,
    acknowledged: () => new Map([...sent].flatMap(([name, r]) => (r.isAcknowledged ? [[name, r.count] as const] : []))),
    async stop() {
      life.isOver = true;
      await sending;
    },
  };
}

// Without a key a repeat would count twice, so such a client gives up when it does not learn the outcome.
async function sendUntilKnown(options: ClientsOptions, name: string, request: Sent): Promise<void> {
  const { orgCode = 'ACME' } = options;
  const events = Array.from({ length: request.count }, (_, value) => ({
    ...{ orgCode, capabilityCode: 'P2P', metricType: 'Load', value, correlationId: name },
    dimensions: { client: name.split('-')[0] },
  }));
  const headers: Record<string, string> = request.isKeyed ? { 'idempotency-key': name } : {};
  while (!request.isAcknowledged) {
    const outcome = await post(options, { body: JSON.stringify({ events }), headers });
    if (outcome === 'acknowledged') request.isAcknowledged = true;
    if (outcome === 'unknown') request.unknownOutcomes++;
    if (outcome === 'unknown' && !request.isKeyed) return;
    if (outcome !== 'acknowledged') await delay(retryPauseMs);
  }
}

type Outcome = 'acknowledged' | 'unknown' | 'unsent';

async function post(
  { url, key }: ClientsOptions,
  { body, headers }: { body: string; headers: Record<string, string> },
): Promise<Outcome> {
  try {
    const response = await fetch(`${url}/api/v1/events/batch`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(answerWithinMs),
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

export interface LogFindings {
  /** Records that repeat one before. */
  repeats: number;
  violations: string[];
}

/** The log against what was sent: each acknowledged request is there, whole; repeats only where they are marked, with the same event ids. */
export function compareWithLog(sent: ReadonlyMap<string, Sent>, batches: readonly EventBatch[]): LogFindings {
  const byRequest = Map.groupBy(batches, ({ events }) => events[0]?.correlationId ?? '');
  const violations = [...byRequest.keys()].filter((name) => !sent.has(name)).map((name) => `${name} was never sent`);
  let repeats = 0;
  for (const [name, request] of sent) {
    const copies = byRequest.get(name) ?? [];
    repeats += Math.max(0, copies.length - 1);
    const acknowledgements = request.isAcknowledged ? 1 : 0;
    if (copies.length < acknowledgements) violations.push(`${name}: acknowledged, and not in the log`);
    if (copies.length > acknowledgements + request.unknownOutcomes) violations.push(`${name}: more copies than tries`);
    if (!copies.every((copy) => isCopy(copy, request, copies[0])))
      violations.push(`${name}: a copy is not what was sent`);
  }
  return { repeats, violations };
}

function isCopy({ events, clientIds }: EventBatch, request: Sent, first: EventBatch | undefined): boolean {
  const isWhole = events.length === request.count && events.every(({ value }, index) => value === index);
  const hasSameIds = events.every(({ id }, index) => id === first?.events[index]?.id);
  return isWhole && hasSameIds && clientIds === request.isKeyed;
}
