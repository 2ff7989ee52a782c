import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { fetchDocument, maxDocumentBytes } from '../../../../platform/tenancy/jwt/remote-key-set.ts';

async function fetchFrom(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    return await fetchDocument(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('reads a document of the greatest size allowed', async () => {
  const text = 'x'.repeat(maxDocumentBytes);
  expect(await fetchFrom((_request, response) => response.end(text))).toBe(text);
});

it('refuses a larger one, a redirect and a status that is no success', async () => {
  await expect(fetchFrom((_request, response) => response.end('x'.repeat(maxDocumentBytes + 1)))).rejects.toThrow(
    'more than',
  );
  await expect(fetchFrom((_request, response) => response.writeHead(302, { location: '/' }).end())).rejects.toThrow();
  await expect(fetchFrom((_request, response) => response.writeHead(500).end())).rejects.toThrow('status 500');
});
