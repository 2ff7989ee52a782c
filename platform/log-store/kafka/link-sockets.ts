import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const KEEP_ALIVE_MS = 60_000;
/** A broker that left a request unanswered is not asked for so long: others know better where its partitions are now. */
const AVOID_MS = 2_000;

interface SocketRequest {
  host: string;
  port: number;
  /** Undefined or false: plain TCP. */
  ssl: ConnectionOptions | undefined;
  onConnect: () => void;
}

/** The sockets of one link. */
export interface LinkSockets {
  /** What kafkajs opens its connections with. Throws while the broker is avoided, and for good once the link is cut. */
  factory(request: SocketRequest): Socket;
  isCut(): boolean;
  /** Breaks all connections, and avoids for a moment the brokers that owe an answer. */
  reset(): void;
  /** Breaks all connections for good. */
  cut(): void;
}

/** Sockets that can be broken together. */
export function createLinkSockets(): LinkSockets {
  /** With how much had been written to each when it last answered. */
  const open = new Map<Socket, { address: string; answered: number }>();
  const avoidedUntil = new Map<string, number>();
  let isCut = false;
  const reset = () => {
    for (const [socket, { address, answered }] of open) {
      if (socket.bytesWritten > answered) avoidedUntil.set(address, performance.now() + AVOID_MS);
      socket.destroy(new Error('the connection was given up'));
    }
  };
  return {
    factory({ host, port, ssl, onConnect }) {
      const address = `${host}:${port}`;
      if (isCut) throw new Error('the link is closed');
      if (performance.now() < (avoidedUntil.get(address) ?? 0)) throw new Error(`${address} did not answer just now`);
      const serverName = isIP(host) === 0 ? { servername: host } : {};
      const socket: Socket = ssl
        ? connectTls({ host, port, ...serverName, ...ssl }, onConnect)
        : connectTcp({ host, port, noDelay: true }, onConnect);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      unrefWhileOpen(socket);
      const state = { address, answered: 0 };
      open.set(socket, state);
      socket.on('data', () => {
        state.answered = socket.bytesWritten;
      });
      socket.once('close', () => open.delete(socket));
      return socket;
    },
    isCut: () => isCut,
    reset,
    cut() {
      isCut = true;
      reset();
    },
  };
}

/** kafkajs lets go of a closed socket again and again, and Node keeps each time in mind for a connection that never comes. */
function unrefWhileOpen(socket: Socket): void {
  const unref = socket.unref.bind(socket);
  socket.unref = () => (socket.destroyed ? socket : unref());
}
