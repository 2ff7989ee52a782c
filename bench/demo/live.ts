import { setTimeout as delay } from 'node:timers/promises';
import { postEvents, type WireEvent } from '../support/events.ts';
import { createRandom } from '../support/random.ts';
import { formatNumber } from '../support/table.ts';
import type { TenantAccess } from './setup.ts';
import { generateCase, linesOf } from './workload.ts';

const casesPerSecond = 1.5;
const reportEveryMs = 60_000;
const pauseAfterFailureMs = 2_000;

/** Sends a few events a second, cases that end now, until the signal; says how many now and then. What is not accepted is said, and goes on. */
export async function runLive(
  accesses: readonly TenantAccess[],
  options: { seed: number; signal: AbortSignal },
): Promise<void> {
  const { seed, signal } = options;
  const random = createRandom(seed, 'live', Date.now());
  const lines = accesses.flatMap((access) => linesOf(seed, [access.tenant]).map((line) => ({ access, line })));
  const weighted = lines.map((item) => ({ weight: item.line.process.casesPerPeakHour, item }));
  let sent = 0;
  let reportedAt = performance.now();
  while (!signal.aborted) {
    const { access, line } = random.pick(weighted);
    const accepted = await sendCase(access, generateCase(line, Date.now(), random));
    sent += accepted;
    reportedAt = report(sent, reportedAt);
    const pauseMs = accepted === 0 ? pauseAfterFailureMs : 1_000 / casesPerSecond;
    await delay(pauseMs, undefined, { signal }).catch(onlyAbort);
  }
}

async function sendCase(access: TenantAccess, events: readonly WireEvent[]): Promise<number> {
  try {
    await postEvents(access.ingest, events);
    return events.length;
  } catch (error) {
    console.log(`\nlive: not accepted: ${error instanceof Error ? error.message : String(error)}`);
    return 0;
  }
}

function report(sent: number, reportedAt: number): number {
  const line = `live: ${formatNumber(sent)} events sent, Ctrl-C ends it`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  if (process.stdout.isTTY || performance.now() - reportedAt < reportEveryMs) return reportedAt;
  console.log(line);
  return performance.now();
}

function onlyAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
}
