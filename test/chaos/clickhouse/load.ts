import { nearestRank, sortAscending } from '../../../bench/support/quantiles.ts';

export interface SteadyLoadOptions {
  /** Base URL of the ingest tier. */
  url: string;
  /** Take turns. */
  tenants: readonly LoadTenant[];
  eventsPerSecond: number;
}

export interface LoadTenant {
  orgCode: string;
  /** To ingest. */
  key: string;
}

/** Requests sent at a fixed rate, whatever the answers. */
export interface SteadyLoad {
  /** Acknowledged events by correlation id, one id a request. */
  acknowledged: ReadonlyMap<string, number>;
  /** Events sent so far, answered or not. */
  sent(): number;
  /** Answers other than 201, by status (0: none came). */
  refused: Readonly<Record<string, number>>;
  /** Of the requests sent since the last call, from the moment each was due. Milliseconds. */
  takeLatencyP99(): number;
  /** Resolves when every request has been answered. */
  stop(): Promise<void>;
}

const requestsPerSecond = 50;
const answerWithinMs = 60_000;

/** Starts a steady load. A request that is due is sent though those before it have no answer yet. */
export function startSteadyLoad({ url, tenants, eventsPerSecond }: SteadyLoadOptions): SteadyLoad {
  const size = Math.round(eventsPerSecond / requestsPerSecond);
  const acknowledged = new Map<string, number>();
  const refused: Record<string, number> = {};
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  let latencies: number[] = [];
  let requests = 0;

  const send = async (number: number, dueAt: number): Promise<void> => {
    const { orgCode, key } = tenants[number % tenants.length] as LoadTenant;
    const correlationId = `steady-${number}`;
    const events = Array.from({ length: size }, (_, index) => ({
      orgCode,
      capabilityCode: 'P2P',
      metricType: 'CycleTime',
      value: number * size + index,
      correlationId,
      dimensions: { urgency: 'Standard' },
    }));
    const status = await fetch(`${url}/api/v1/events/batch`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
      signal: AbortSignal.timeout(answerWithinMs),
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    latencies.push(performance.now() - dueAt);
    if (status === 201) acknowledged.set(correlationId, size);
    else refused[status] = (refused[status] ?? 0) + 1;
  };
  const sendDue = () => {
    for (let dueAt = dueTime(); dueAt <= performance.now(); dueAt = dueTime()) {
      const sending = send(requests, dueAt);
      requests += 1;
      underWay.add(sending);
      void sending.finally(() => underWay.delete(sending));
    }
  };
  const dueTime = () => startedAt + (requests * 1_000) / requestsPerSecond;
  const timer = setInterval(sendDue, 1_000 / requestsPerSecond / 2);
  return {
    acknowledged,
    refused,
    sent: () => requests * size,
    takeLatencyP99() {
      const taken = sortAscending(latencies);
      latencies = [];
      return nearestRank(taken, 0.99);
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}
