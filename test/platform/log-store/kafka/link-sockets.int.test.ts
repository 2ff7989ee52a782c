import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLinkSockets } from '../../../../platform/log-store/kafka/link-sockets.ts';

const server = createServer((socket) => socket.destroy());
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(() => void server.close());

test('a closed socket that is let go of again and again remembers nothing', async () => {
  const link = createLinkSockets();
  const socket = link.factory({ host: '127.0.0.1', port, ssl: undefined, onConnect: () => undefined });
  socket.on('error', () => undefined).resume();
  await once(socket, 'close');
  for (let time = 0; time < 20; time++) socket.unref();
  expect(socket.listenerCount('connect')).toBe(0);
});

test('a link that was cut opens no socket any more', () => {
  const link = createLinkSockets();
  link.cut();
  expect(link.isCut()).toBe(true);
  expect(() => link.factory({ host: '127.0.0.1', port, ssl: undefined, onConnect: () => undefined })).toThrow(/closed/);
});
