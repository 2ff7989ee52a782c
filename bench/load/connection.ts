import { connect, type Socket } from 'node:net';

/** The bare minimum of HTTP/1.1 over one kept connection: one request at a time, of the answer only the status is kept. */
export interface Connection {
  /** Sends prepared request bytes; resolves to the status code when the whole answer has arrived. Rejects when the connection ends. */
  send(bytes: Buffer): Promise<number>;
  close(): void;
}

const headEnd = Buffer.from('\r\n\r\n');
const noContent = 204;
const statusAt = 'HTTP/1.1 '.length;

interface Pending {
  resolve(status: number): void;
  reject(error: Error): void;
}

export async function openConnection({ host, port }: { host: string; port: number }): Promise<Connection> {
  const socket = await connectSocket(host, port);
  let pending: Pending | undefined;
  let answer: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
    const status = completeStatus(answer);
    if (status === undefined) return;
    answer = Buffer.alloc(0);
    pending?.resolve(status);
  });
  const fail = (error: Error) => pending?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  return {
    send(bytes) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      pending = { resolve, reject };
      socket.write(bytes);
      return promise;
    },
    close: () => {
      pending = undefined;
      socket.destroy();
    },
  };
}

function connectSocket(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** The status of an answer once all of it is there. Throws on an answer without a length. */
function completeStatus(answer: Buffer): number | undefined {
  const end = answer.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = answer.toString('latin1', 0, end);
  const status = Number(head.slice(statusAt, statusAt + 3));
  if (status === noContent) return status;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without content-length: ${head.slice(0, 200)}`);
  if (answer.length < end + headEnd.length + Number(length)) return undefined;
  return status;
}
