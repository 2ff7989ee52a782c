import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** What the server behind the proxy seems to be: as it is, 2 s slower per insert, or silent. */
export type ClickHouseMood = 'well' | 'slow' | 'hung';

/** An HTTP proxy in front of ClickHouse that misbehaves on demand. */
export interface ClickHouseProxy {
  port: number;
  /** After `hung`, what was held back goes on its way, though nobody may wait for it any more: as after SIGCONT. */
  setMood(mood: ClickHouseMood): void;
  /** No connection is taken until `listen`, and those there are break. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
}

export const SLOW_INSERT_MS = 2_000;

/** Listens on a free port of the loopback interface. */
export async function startClickHouseProxy(targetPort: number): Promise<ClickHouseProxy> {
  const agent = new Agent({ keepAlive: true, timeout: 2_000 });
  let mood: ClickHouseMood = 'well';
  let moved = Promise.withResolvers<void>();
  let port = 0;

  const server = createServer(async (incoming, answer) => {
    // A client that gives up does not take back what the server has received.
    const body = await buffer(incoming).catch(() => undefined);
    if (body === undefined) return;
    if (mood === 'slow' && isInsert(incoming, body)) await delay(SLOW_INSERT_MS);
    while (mood === 'hung') await moved.promise;
    forward({ incoming, body, answer, agent, port: targetPort });
  });
  const listen = async () => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  };
  await listen();
  return {
    get port() {
      return port;
    },
    setMood(next) {
      mood = next;
      moved.resolve();
      moved = Promise.withResolvers();
    },
    async refuse() {
      agent.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
    listen,
  };
}

const isInsert = ({ url = '' }: IncomingMessage, body: Buffer): boolean =>
  /[?&]query=INSERT/i.test(url) || body.subarray(0, 6).toString('latin1').toUpperCase() === 'INSERT';

interface Passing {
  incoming: IncomingMessage;
  body: Buffer;
  answer: ServerResponse;
  agent: Agent;
  port: number;
}

function forward({ incoming, body, answer, agent, port }: Passing): void {
  const { 'transfer-encoding': _chunked, ...headers } = incoming.headers;
  const sent = request(
    {
      agent,
      port,
      host: '127.0.0.1',
      method: incoming.method,
      path: incoming.url,
      headers: { ...headers, 'content-length': body.length },
    },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on('error', () => answer.destroy()).pipe(answer);
    },
  );
  sent.on('error', () => answer.destroy());
  sent.end(body);
}
