import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { standardLoad, startLoad } from '../../../bench/load/load.ts';

const received = { batches: 0, refuseNext: 0 };
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const isRefused = received.refuseNext-- > 0;
      if (!isRefused) received.batches++;
      const body = '{"accepted":10,"failed":0,"errors":[]}';
      response.writeHead(isRefused ? 503 : 201, { 'content-length': body.length }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  received.batches = 0;
  received.refuseNext = 0;
});

const target = () => ({ ...standardLoad, batchSize: 10, url, key: 'mk_live_x', orgCode: 'LOAD' });

test('a load of a given size ends with exactly that size, also when batches are refused in between', async () => {
  received.refuseNext = 3;
  const result = await startLoad({ ...target(), totalEvents: 2_000 }).result;
  expect(result.acceptedEvents).toBe(2_000);
  expect(result.refused).toEqual({ 503: 3 });
  expect(received.batches).toBe(200);
});

test('a load of a given rate keeps it', async () => {
  const result = await startLoad({ ...target(), eventsPerSecond: 500, seconds: 2 }).result;
  expect(result.acceptedEvents).toBeGreaterThan(850);
  expect(result.acceptedEvents).toBeLessThanOrEqual(1_100);
});

test('a load can be ended early', async () => {
  const load = startLoad({ ...target(), seconds: 60 });
  const startedAt = performance.now();
  setTimeout(() => load.stop(), 500);
  const result = await load.result;
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(result.acceptedEvents).toBe(received.batches * 10);
});
