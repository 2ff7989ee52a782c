import { unavailable } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type KeySet, parseKeySet } from './parse-key-set.ts';
import type { JwtKey } from './verify-signature.ts';

export interface RemoteKeySetOptions {
  url: string;
  log: Log;
  now: () => number;
  /** Reads the document; `fetchDocument` unless a test brings its own. */
  read?: (url: string) => Promise<string>;
}

/** Answers the key a header asks for; undefined when the provider has none such. Rejects as unavailable while no key set was ever read. */
export type FindKey = (algorithm: string, kid: string | undefined) => Promise<JwtKey | undefined>;

/** After this a key set is read again, in the background. */
export const keySetLifeMs = 300_000;
/** Between two readings because of a key that is not in the set: unknown ids cost the provider nothing. */
export const rereadPauseMs = 30_000;
/** A provider that is away is asked again after this. */
export const retryAfterFailureMs = 5_000;
/** The last key set stays in force this long while the provider is away. */
export const staleKeySetLifeMs = 86_400_000;
export const maxDocumentBytes = 262_144;
const fetchTimeoutMs = 5_000;

/** The published keys of an identity provider, read when first needed and kept through its outages. */
export function createRemoteKeySet(options: RemoteKeySetOptions): FindKey {
  const { url, log, now, read = fetchDocument } = options;
  let known: { keys: KeySet; readAt: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const readOnce = async () => {
    triedAt = now();
    try {
      known = { keys: parseKeySet(await read(url)), readAt: now() };
    } catch (error) {
      log.warn({ err: error, url: withoutQuery(url) }, 'cannot read the keys of the identity provider');
    }
  };
  const refresh = (pauseMs: number): Promise<void> => {
    if (reading !== undefined) return reading;
    if (Math.abs(now() - triedAt) < pauseMs) return Promise.resolve();
    reading = readOnce().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return async (algorithm, kid) => {
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : Math.abs(now() - known.readAt);
    if (ageMs > staleKeySetLifeMs) await refresh(retryAfterFailureMs);
    else if (ageMs > keySetLifeMs) void refresh(retryAfterFailureMs);
    if (known === undefined || Math.abs(now() - known.readAt) > staleKeySetLifeMs) throw unavailable(keysMissing);
    const key = known.keys.find(algorithm, kid);
    if (key !== undefined) return key;
    await refresh(rereadPauseMs);
    return known.keys.find(algorithm, kid);
  };
}

const keysMissing = 'The keys of the identity provider cannot be read at the moment.';

/** The text of a document: no redirects, five seconds, 256 KiB at most. */
export async function fetchDocument(url: string): Promise<string> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(fetchTimeoutMs),
  });
  if (!response.ok || response.body === null) throw new Error(`answered with status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > maxDocumentBytes) throw new Error(`answered with more than ${maxDocumentBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const withoutQuery = (url: string): string => new URL(url).origin + new URL(url).pathname;
