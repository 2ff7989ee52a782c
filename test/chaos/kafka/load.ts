import { setTimeout as delay } from 'node:timers/promises';

/** One answer, or that there was none; times as of `performance.now()`. */
export interface Answer {
  orgCode: string;
  sentAt: number;
  endedAt: number;
  /** 0: the connection broke before an answer. */
  status: number;
}

/** What the clients of a load know about it. */
export interface Ledger {
  /** Begins every correlation id of the load. */
  prefix: string;
  /** Correlation ids of what was acknowledged. */
  acknowledged: ReadonlySet<string>;
  answers: readonly Answer[];
}

export interface Load {
  /** So far. */
  ledger: Ledger;
  /** Ends it: no new request, and no further repeat of one that was refused. */
  stop(): Promise<void>;
}

export interface LoadTarget {
  /** Base URL of the ingest tier. */
  url: string;
  tenants: readonly { orgCode: string; key: string }[];
}

const clients = 8;
const eventsPerRequest = 20;
const pauseMs = 40;
const refusedPauseMs = 100;
const answerWithinMs = 60_000;

/**
 * A steady load of small requests. Every other client has an idempotency key and repeats what was refused or left unanswered; the rest try
 * once, so what they are told nothing about may be stored or not.
 */
export function startLedgerLoad(target: LoadTarget, prefix: string): Load {
  const ledger = { prefix, acknowledged: new Set<string>(), answers: [] as Answer[] };
  const life = { isOver: false };
  const driving = Promise.all(Array.from({ length: clients }, (_, client) => drive(client, { target, ledger, life })));
  driving.catch(() => undefined); // Told by `stop`.
  return {
    ledger,
    async stop() {
      life.isOver = true;
      await driving;
    },
  };
}

interface Drive {
  target: LoadTarget;
  ledger: { prefix: string; acknowledged: Set<string>; answers: Answer[] };
  life: { isOver: boolean };
}

async function drive(client: number, { target, ledger, life }: Drive): Promise<void> {
  const tenant = target.tenants[client % target.tenants.length];
  if (tenant === undefined) throw new Error('a load needs a tenant');
  const isKeyed = Math.floor(client / target.tenants.length) % 2 === 0;
  for (let number = 0; !life.isOver; number++) {
    const name = `${ledger.prefix}c${client}-${number}`;
    const ids = Array.from({ length: eventsPerRequest }, (_, index) => `${name}/${index}`);
    const request = createRequest({ url: target.url, tenant, ids, idempotencyKey: isKeyed ? name : undefined });
    const tries = isKeyed ? Number.POSITIVE_INFINITY : 1;
    const isAcknowledged = await sendUntilAcknowledged(request, {
      tries,
      life,
      onAnswer: (answer) => ledger.answers.push({ orgCode: tenant.orgCode, ...answer }),
    });
    if (isAcknowledged) for (const id of ids) ledger.acknowledged.add(id);
  }
}

interface Sending {
  tries: number;
  life: { isOver: boolean };
  onAnswer(answer: Omit<Answer, 'orgCode'>): void;
}

/** False when it was told nothing good in all its tries, or before the load was over. */
async function sendUntilAcknowledged(
  request: () => Promise<Response>,
  { tries, life, onAnswer }: Sending,
): Promise<boolean> {
  for (let number = 0; number < tries && (number === 0 || !life.isOver); number++) {
    const answer = await send(request);
    onAnswer(answer);
    await delay(answer.status === 201 ? pauseMs : refusedPauseMs);
    if (answer.status === 201) return true;
  }
  return false;
}

interface RequestParts {
  url: string;
  tenant: { orgCode: string; key: string };
  ids: readonly string[];
  idempotencyKey: string | undefined;
}

function createRequest({ url, tenant, ids, idempotencyKey }: RequestParts): () => Promise<Response> {
  const events = ids.map((correlationId, index) => ({
    orgCode: tenant.orgCode,
    capabilityCode: 'P2P',
    metricType: 'CycleTime',
    value: 10 + index,
    correlationId,
    dimensions: { urgency: 'Standard' },
  }));
  const headers = {
    'x-api-key': tenant.key,
    'content-type': 'application/json',
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  const body = JSON.stringify({ events });
  return () =>
    fetch(`${url}/api/v1/events/batch`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(answerWithinMs),
    });
}

async function send(request: () => Promise<Response>): Promise<Omit<Answer, 'orgCode'>> {
  const sentAt = performance.now();
  const status = await request().then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    (error: unknown) => {
      if (error instanceof TypeError) return 0; // How fetch names a connection that broke.
      throw new Error(`a request was not answered within ${answerWithinMs} ms`, { cause: error });
    },
  );
  return { sentAt, endedAt: performance.now(), status };
}
