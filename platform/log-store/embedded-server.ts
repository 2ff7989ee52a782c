import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type LogDataOptions, openLogData } from './log-data.ts';
import { formatLogUrl } from './log-url.ts';
import { ServerConnection } from './server-connection.ts';

const HELLO_TIMEOUT_MS = 5_000;

/** As on Kafka. Clients with members say something every HEARTBEAT_MS. */
const SESSION_TIMEOUT_MS = 30_000;

export interface LogServerOptions extends LogDataOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free one. */
  port?: number;
  /** What a client must show. */
  token: string;
  /** How long a client that is a member of a group may say nothing before its partitions go to others, milliseconds. Default 30 s. */
  sessionTimeoutMs?: number;
}

export interface LogServer {
  /** `tidemark-log://<token>@<host>:<port>` */
  url: string;
  /** One check of age and size, also made periodically. */
  retain(): Promise<void>;
  /** Answers what has been received, makes it durable, and gives the directory back. */
  close(): Promise<void>;
}

/** Opens the log in a directory, as its only writer, and serves it. Rejects when the directory is locked, damaged or the port is taken. */
export async function createLogServer(options: LogServerOptions): Promise<LogServer> {
  const { host = '127.0.0.1', port = 0, token, sessionTimeoutMs = SESSION_TIMEOUT_MS } = options;
  const times = { helloTimeoutMs: HELLO_TIMEOUT_MS, sessionTimeoutMs };
  const data = await openLogData(options);
  const connections = new Set<ServerConnection>();
  const server = createServer((socket) => {
    const connection = new ServerConnection({ socket, broker: data.broker, token, ...times });
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    await data.close();
    throw error;
  }
  return {
    url: formatLogUrl({ host, port: (server.address() as AddressInfo).port, token }),
    retain: data.retain,
    async close() {
      server.close();
      await Promise.all([...connections].map((connection) => connection.drain()));
      await data.close();
    },
  };
}
