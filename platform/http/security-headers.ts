import helmet from '@fastify/helmet';
import { fastify } from 'fastify';

export type SecurityHeaders = Readonly<Record<string, string>>;

/** How long browsers that came over HTTPS keep to it: a year. */
export const HSTS_MAX_AGE_S = 31_536_000;

/**
 * The headers Helmet gives an API: answers run nothing, load nothing, are framed nowhere and sniffed by nobody. Pages replace the content
 * security policy by their own. They are asked of Helmet once, at start: it would build them anew for every request.
 */
export async function createSecurityHeaders({ requireHttps }: { requireHttps: boolean }): Promise<SecurityHeaders> {
  const inner = fastify();
  await inner.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: 'deny' },
    // Only where plain HTTP is refused anyway: elsewhere it would bind a whole domain to HTTPS.
    strictTransportSecurity: requireHttps ? { maxAge: HSTS_MAX_AGE_S, includeSubDomains: false } : false,
  });
  inner.get('/', () => '');
  const { headers } = await inner.inject('/');
  await inner.close();
  return Object.fromEntries(Object.entries(headers).filter(isSecurityHeader));
}

const ownHeaders = ['content-type', 'content-length', 'date', 'connection'];

function isSecurityHeader(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string' && !ownHeaders.includes(entry[0]);
}
