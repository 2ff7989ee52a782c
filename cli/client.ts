import { randomUUID } from 'node:crypto';
import { NDJSON_TYPE } from '../schemas/api/ndjson-limits.ts';
import { ApiFailure, readFailure } from './api-failure.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { DEFAULT_RETRY, delayMs, isPassing, type RetryPolicy } from './retry.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface ClientOptions {
  /** Of the API port: paths are relative to it. */
  url: string;
  key: string;
  io: Pick<Io, 'err' | 'sleep'>;
  retry?: RetryPolicy;
}

/**
 * The HTTP APIs as one key sees them. Answers that may pass (429, 503, …) are asked for again with growing pauses; every write carries an
 * Idempotency-Key, so that a repeat changes nothing twice. Rejects with {@link CliError}.
 */
export interface Client {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: unknown, idempotencyKey?: string): Promise<T>;
  /** The same with a body that is JSON already. */
  postText<T>(path: string, body: string, idempotencyKey: string): Promise<T>;
  /** The same with a body of lines that are JSON each. */
  postLines<T>(path: string, lines: string, idempotencyKey: string): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

interface Call {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

const requestTimeoutMs = 30_000;

export function createClient(options: ClientOptions): Client {
  const base = readBase(options.url);
  const tries = createTries(options);
  const call = <T>(method: string, path: string, rest: Partial<Call> & { query?: Query } = {}): Promise<T> => {
    const { query, body, headers } = rest;
    const url = withQuery(new URL(path.replace(/^\//, ''), base), query);
    const ownHeaders = { 'x-api-key': options.key, accept: 'application/json', ...headers };
    return tries({ method, url, headers: ownHeaders, ...(body === undefined ? {} : { body }) });
  };
  const postAs =
    (type: string) =>
    <T>(path: string, body: string, idempotencyKey: string): Promise<T> =>
      call('POST', path, { body, headers: { 'content-type': type, 'idempotency-key': idempotencyKey } });
  const post = postAs('application/json');
  return {
    get: (path, query) => call('GET', path, query === undefined ? {} : { query }),
    post: (path, body, idempotencyKey = randomUUID()) => post(path, JSON.stringify(body), idempotencyKey),
    postText: post,
    postLines: postAs(NDJSON_TYPE),
    delete: (path) => call('DELETE', path, { headers: { 'idempotency-key': randomUUID() } }),
  };
}

/** Asks again for what may pass, but only of a server that has answered before: else the address is more likely wrong than the server away. */
function createTries({ io, retry = DEFAULT_RETRY }: ClientOptions): <T>(request: Call) => Promise<T> {
  let hasAnswered = false;
  return async <T>(request: Call): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await ask<T>(request);
      hasAnswered ||= !(outcome instanceof CliError) || outcome instanceof ApiFailure;
      if (!(outcome instanceof CliError)) return outcome.body;
      if (attempt > retry.retries || !hasAnswered || !mayPass(outcome)) throw outcome;
      const pauseMs = delayMs(retry, { attempt, retryAfterS: askedPause(outcome), chance: Math.random() });
      io.err(`${outcome.message}; next try in ${(pauseMs / 1_000).toFixed(1)} s\n`);
      await io.sleep(pauseMs);
    }
  };
}

const askedPause = (error: CliError) => (error instanceof ApiFailure ? error.retryAfterS : undefined);
const mayPass = (error: CliError): boolean => !(error instanceof ApiFailure) || isPassing(error.status);

async function ask<T>({ url, ...init }: Call): Promise<{ body: T } | CliError> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(requestTimeoutMs), redirect: 'error' });
    if (!response.ok) return await readFailure(response);
    return { body: (await response.json()) as T };
  } catch (error) {
    return new CliError(EXIT.unavailable, describeFailure(error, url), { cause: error });
  }
}

function describeFailure(error: unknown, url: URL): string {
  if (error instanceof SyntaxError)
    return `${url.origin} does not answer in JSON: is it the address of Tidemark's API?`;
  const { name, cause } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (name === 'TimeoutError') return `${url.origin} did not answer within ${requestTimeoutMs / 1_000} s`;
  if (code === 'ECONNREFUSED')
    return `nothing listens at ${url.origin}: is Tidemark running? Check --url or TIDEMARK_URL.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `there is no host ${url.hostname}. Check --url or TIDEMARK_URL.`;
  return `${url.origin} cannot be reached: ${code ?? (cause instanceof Error ? cause.message : String(error))}`;
}

function readBase(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliError(EXIT.usage, `'${text}' is no address of the API; expected one such as http://127.0.0.1:8080`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function withQuery(url: URL, query: Query = {}): URL {
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}
