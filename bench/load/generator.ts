import { setTimeout as delay } from 'node:timers/promises';
import { nearestRank, sortAscending } from '../support/quantiles.ts';
import { createBatchRequest } from './batch-request.ts';
import { type Connection, openConnection } from './connection.ts';
import type { LoadOptions, LoadResult } from './load.ts';

// The load generator's process: the options come as one JSON argument, the result goes to the parent over IPC.
const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const run = { isStopped: false, sentEvents: 0, acceptedEvents: 0, bytes: 0, refused: {} as Record<string, number> };
const latenciesMs: number[] = [];
const refusedPauseMs = 50;

process.on('message', stop);
process.on('disconnect', () => process.exit(1));
process.send?.(await generate());
process.disconnect();

async function generate(): Promise<LoadResult> {
  const { hostname, port } = new URL(options.url);
  const address = { host: hostname, port: Number(port) };
  const connections = await Promise.all(Array.from({ length: options.connections }, () => openConnection(address)));
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const timer = setTimeout(stop, (options.seconds ?? 3_600) * 1_000);
  await Promise.all(connections.map((connection, index) => drive(connection, { index, startedAt })));
  clearTimeout(timer);
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  for (const connection of connections) connection.close();
  const ascending = sortAscending(latenciesMs);
  return {
    acceptedEvents: run.acceptedEvents,
    refused: run.refused,
    bytes: run.bytes,
    elapsedMs,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    latencyMsP50: nearestRank(ascending, 0.5),
    latencyMsP99: nearestRank(ascending, 0.99),
  };
}

async function drive(
  connection: Connection,
  { index, startedAt }: { index: number; startedAt: number },
): Promise<void> {
  const { host } = new URL(options.url);
  const { key, orgCode, spreadDays } = options;
  const seed = options.seed * 1_000 + index + 1;
  const request = createBatchRequest({ host, key, orgCode, spreadDays, seed, eventCount: options.batchSize });
  const limit = options.totalEvents ?? Number.POSITIVE_INFINITY;
  while (!run.isStopped && run.sentEvents + request.eventCount <= limit) {
    run.sentEvents += request.eventCount;
    if (options.eventsPerSecond !== undefined) await waitForTurn(startedAt, options.eventsPerSecond);
    request.renew(Date.now());
    const sentAt = performance.now();
    const status = await connection.send(request.bytes);
    latenciesMs.push(performance.now() - sentAt);
    run.bytes += request.bytes.length - request.bodyStart;
    if (status === 201) run.acceptedEvents += request.eventCount;
    else await noteRefusal(status, request.eventCount);
  }
}

/** Waits until the events claimed so far are due at the given rate. */
async function waitForTurn(startedAt: number, eventsPerSecond: number): Promise<void> {
  const dueAt = startedAt + ((run.sentEvents - options.batchSize) / eventsPerSecond) * 1_000;
  const waitMs = dueAt - performance.now();
  if (waitMs > 0) await delay(waitMs);
}

// What was refused may be sent again: a load of a given size ends with that size.
async function noteRefusal(status: number, eventCount: number): Promise<void> {
  run.refused[status] = (run.refused[status] ?? 0) + 1;
  run.sentEvents -= eventCount;
  await delay(refusedPauseMs);
}

function stop(): void {
  run.isStopped = true;
}
