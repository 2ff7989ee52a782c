import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface QueryRecorder {
  port: number;
  /** Texts of the queries that went through, each once. */
  texts: Set<string>;
  /** Requests that had the text in the value of a parameter. */
  withParameter(text: string): number;
  close(): Promise<void>;
}

/** A proxy before ClickHouse that notes the text of every query clients send, apart from the values of its parameters. */
export async function startQueryRecorder(port: number): Promise<QueryRecorder> {
  const texts = new Set<string>();
  const values: string[] = [];
  const agent = new Agent({ keepAlive: true });
  const note = ({ url = '', headers }: IncomingMessage, body: Buffer) => {
    const { searchParams } = new URL(url, 'http://clickhouse');
    for (const [name, value] of searchParams) {
      if (name.startsWith('param_')) values.push(value);
      else texts.add(`${name}=${value.replace(/^[0-9a-f-]{36}$/, '')}`);
    }
    const parts = /multipart/.test(headers['content-type'] ?? '')
      ? partsOf(body.toString())
      : [['query', body.toString()]];
    for (const [name = '', value = ''] of parts) {
      if (name.startsWith('param_')) values.push(value);
      else texts.add(value);
    }
  };
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const isInsert = incoming.url?.includes('INSERT') === true;
    if (!isInsert) note(incoming, body);
    const { method, url, headers } = incoming;
    const upstream = request({ host: '127.0.0.1', port, agent, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    upstream.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    texts,
    withParameter: (text) => values.filter((value) => value.includes(text)).length,
    async close() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The names and values of the parts of a form. */
function partsOf(body: string): string[][] {
  const boundary = body.slice(0, body.indexOf('\r\n'));
  return body
    .split(boundary)
    .map((part) => [/name="([^"]*)"/.exec(part)?.[1] ?? '', part.slice(part.indexOf('\r\n\r\n') + 4)])
    .filter(([name]) => name !== '');
}
