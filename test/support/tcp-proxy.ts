import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that misbehaves on demand, between clients and one broker. */
export interface TcpProxy {
  port: number;
  /** Sets where connections go; needed before the first one. */
  target(port: number): void;
  /** Breaks every connection; new ones are served. */
  cut(): void;
  /** While paused nothing passes in either direction; connections stay open and new ones are accepted. */
  pause(): void;
  resume(): void;
  /** Asked about each chunk of an answer, with the last chunk of a request on that connection: true breaks the connection instead of delivering it. */
  onAnswer(isToBreak: ((answer: Buffer, request: Buffer) => boolean) | undefined): void;
  close(): Promise<void>;
}

/** Listens on a free port of the loopback interface. */
export async function startTcpProxy(): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let targetPort = 0;
  let isPaused = false;
  let isToBreak: ((answer: Buffer, request: Buffer) => boolean) | undefined;

  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const pair: [Socket, Socket] = [client, broker];
    pairs.add(pair);
    const end = () => {
      for (const socket of pair) socket.destroy();
      pairs.delete(pair);
    };
    let request: Buffer = Buffer.alloc(0);
    client.on('data', (chunk: Buffer) => {
      request = chunk;
      broker.write(chunk);
    });
    broker.on('data', (chunk: Buffer) => {
      if (isToBreak?.(chunk, request)) end();
      else client.write(chunk);
    });
    for (const socket of pair) socket.on('error', end).on('close', end);
    if (isPaused) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as { port: number }).port,
    target: (port) => {
      targetPort = port;
    },
    cut() {
      for (const [client] of pairs) client.destroy();
    },
    pause() {
      isPaused = true;
      for (const socket of [...pairs].flat()) socket.pause();
    },
    resume() {
      isPaused = false;
      for (const socket of [...pairs].flat()) socket.resume();
    },
    onAnswer: (check) => {
      isToBreak = check;
    },
    async close() {
      for (const socket of [...pairs].flat()) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
