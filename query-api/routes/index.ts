import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const pagePath = join(import.meta.dirname, '../pages/index.html');

export default async function home(app: FastifyInstance): Promise<void> {
  const page = await readFile(pagePath, 'utf8');
  app.get('/', { config: { permission: 'public' }, schema: { hide: true } }, (_request, reply) => {
    reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .type('text/html; charset=utf-8')
      .send(page);
  });
}
