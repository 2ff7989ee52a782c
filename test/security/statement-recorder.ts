import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface StatementRecorder {
  port: number;
  /** Texts of the statements that went through, each once. */
  statements: Set<string>;
  /** Bytes of parameters that went through and hold the text. */
  boundWith(text: string): number;
  close(): Promise<void>;
}

const parse = 'P';
const query = 'Q';
const bind = 'B';
/** Length, and the kind before it in all messages but the first. */
const lengthBytes = 4;

/** A proxy before PostgreSQL that notes the text of every statement clients send: those of Parse and Query messages. */
export async function startStatementRecorder(port: number): Promise<StatementRecorder> {
  const statements = new Set<string>();
  const bound: string[] = [];
  const sockets = new Set<Socket>();
  const note = (kind: string, payload: Buffer) => {
    if (kind === query) statements.add(payload.toString('utf8', 0, payload.indexOf(0)));
    if (kind === parse) {
      const start = payload.indexOf(0) + 1;
      statements.add(payload.toString('utf8', start, payload.indexOf(0, start)));
    }
    if (kind === bind) bound.push(payload.toString('latin1'));
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    const take = createReader(note);
    client.on('data', take);
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    statements,
    boundWith: (text) => bound.filter((payload) => payload.includes(text)).length,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function createReader(note: (kind: string, payload: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  // The first message has no kind.
  let kindBytes = 0;
  const messageEnd = () => {
    const headBytes = kindBytes + lengthBytes;
    return rest.length < headBytes ? Number.POSITIVE_INFINITY : kindBytes + rest.readUInt32BE(kindBytes);
  };
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = messageEnd(); end <= rest.length; end = messageEnd()) {
      if (kindBytes > 0) note(rest.toString('latin1', 0, 1), rest.subarray(kindBytes + lengthBytes, end));
      kindBytes = 1;
      rest = rest.subarray(end);
    }
  };
}
