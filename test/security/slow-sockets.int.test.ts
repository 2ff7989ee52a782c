import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, TIMEOUT_CHECK_MS } from '../../platform/http/server.ts';
import { countFrom, type System, startSystem } from './system.ts';

/** SLOW_SOCKETS=1000 is the full count. */
const SOCKETS = countFrom('SLOW_SOCKETS', 200);
const DRIP_MS = 1_000;
const GOOD_REQUESTS = 250;
const GOOD_EVERY_MS = 5;
/** Below it a p99 is noise of the machine. */
const FLOOR_MS = 50;
const LATENESS_MS = 4_000;

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

interface SlowSocket {
  kind: 'headers' | 'body';
  openedAt: number;
  closedAt: number;
  answer: string;
}

/** A client that goes on sending a byte a second and never comes to an end. */
function openSlow(url: URL, kind: SlowSocket['kind']): SlowSocket & { socket: Socket } {
  const socket = connect(Number(url.port), url.hostname);
  const slow = { kind, openedAt: performance.now(), closedAt: 0, answer: '', socket };
  const head = `POST /api/v1/events/batch HTTP/1.1\r\nhost: x\r\nx-api-key: ${system.adminKey}\r\n`;
  socket.write(kind === 'headers' ? head : `${head}content-type: application/json\r\ncontent-length: 100000\r\n\r\n[`);
  const drip = setInterval(() => socket.writable && socket.write(kind === 'headers' ? 'x' : ' '), DRIP_MS);
  socket.on('data', (chunk) => {
    slow.answer += chunk.toString();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(drip);
    slow.closedAt = performance.now();
  });
  return slow;
}

/** Milliseconds below which 99 of 100 requests of a good client stay. */
async function goodP99Ms(): Promise<number> {
  const tookMs: number[] = [];
  for (let index = 0; index < GOOD_REQUESTS; index++) {
    const startedAt = performance.now();
    await system.ask('GET', '/api/v1/organizations');
    tookMs.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, GOOD_EVERY_MS));
  }
  return tookMs.sort((a, b) => a - b)[Math.floor(GOOD_REQUESTS * 0.99)] ?? 0;
}

it('are closed at their time-outs and slow nobody else down', async () => {
  await goodP99Ms();
  const before = await goodP99Ms();
  const urls = [new URL(system.apiUrl), new URL(system.ingestUrl)];
  const slow = Array.from({ length: SOCKETS }, (_, index) =>
    openSlow(urls[index % 2] as URL, index % 4 < 2 ? 'headers' : 'body'),
  );
  await Promise.all(slow.map(({ socket }) => once(socket, 'connect')));
  const during = await goodP99Ms();
  console.log(
    `slow sockets: ${SOCKETS}, p99 of good clients ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`,
  );
  await Promise.all(
    slow.map(({ socket, closedAt }) => (closedAt > 0 || socket.destroyed ? undefined : once(socket, 'close'))),
  );
  for (const { kind, openedAt, closedAt, answer } of slow) {
    const limitMs = kind === 'headers' ? DEFAULT_TIMEOUTS.headersMs : DEFAULT_TIMEOUTS.requestMs;
    expect(closedAt - openedAt).toBeLessThan(limitMs + TIMEOUT_CHECK_MS + LATENESS_MS);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  }
  expect(during).toBeLessThanOrEqual(Math.max(2 * before, FLOOR_MS));
}, 120_000);
