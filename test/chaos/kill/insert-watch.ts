import { connect, createServer, type Socket } from 'node:net';
import type { InsertWatch } from './failpoint-ports.ts';

/** A way to a server that passes everything on, and can be watched by the byte. */
export interface WatchedWay extends InsertWatch {
  /** Of the same server, through here. */
  url: string;
}

interface Watch {
  bytes: number;
  then: () => void;
}

/** Ends the body of a request that is sent in chunks. */
const lastChunk = Buffer.from('0\r\n\r\n');

/** Listens on a free port of the loopback interface, as long as the process lives. */
export async function watchWay(url: string): Promise<WatchedWay> {
  const target = new URL(url);
  let watch: Watch | undefined;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    let isInsert = false;
    let sent = 0;
    client.on('data', (chunk: Buffer) => {
      isInsert ||= watch !== undefined && chunk.includes('query=INSERT');
      if (!isInsert || watch === undefined) return void upstream.write(chunk);
      const part = chunk.subarray(0, Math.max(0, watch.bytes - sent));
      sent += part.length;
      const isDone = sent >= watch.bytes || chunk.subarray(-lastChunk.length).equals(lastChunk);
      upstream.write(part, isDone ? watch.then : undefined);
    });
    upstream.on('data', (chunk) => client.write(chunk));
    endTogether(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const way = new URL(url);
  way.port = String((server.address() as { port: number }).port);
  return {
    url: way.href,
    onceSent(bytes, then) {
      watch = { bytes, then };
    },
  };
}

function endTogether(client: Socket, upstream: Socket): void {
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.on('error', () => other.destroy()).on('close', () => other.destroy());
  }
}
