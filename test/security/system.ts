import { type RunningPipeline, startPipeline } from '../../bench/support/running-pipeline.ts';
import { type Draft, type Operation, operationsOf, urlOf } from './operations.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Free ports, no rate limits and few log lines. */
const unattended = {
  TIDEMARK_RATE_LIMITS: 'off',
  TIDEMARK_LOG_LEVEL: 'warn',
  TIDEMARK_INGEST_PORT: '0',
  TIDEMARK_API_PORT: '0',
  TIDEMARK_WEBHOOK_PORT: '0',
  TIDEMARK_PROCESSORS_PORT: '0',
};

/** The whole pipeline as child processes, and its API as its document describes it. */
export interface System extends RunningPipeline {
  operations: Operation[];
  /** Everything the processes printed. */
  lines: string[];
  send(draft: Draft, key?: string): Promise<Answer>;
  /** The answer to a JSON request with the admin key or another; throws unless it is a success. */
  ask<T>(method: string, path: string, options?: { body?: unknown; key?: string; idempotencyKey?: string }): Promise<T>;
}

export async function startSystem(env: Record<string, string> = {}, adminKey?: string): Promise<System> {
  const lines: string[] = [];
  const pipeline = await startPipeline({
    env: { ...unattended, ...env },
    onLine: (line) => lines.push(line),
    ...(adminKey === undefined ? {} : { adminKey }),
  });
  const { apiUrl } = pipeline;
  const document = await (await fetch(`${apiUrl}/openapi.json`)).json();
  return {
    ...pipeline,
    operations: operationsOf(document),
    lines,
    send: (draft, key = pipeline.adminKey) => send(apiUrl, draft, key),
    async ask<T>(method: string, path: string, { body, key = pipeline.adminKey, idempotencyKey }: AskOptions = {}) {
      const response = await fetch(`${apiUrl}${path}`, {
        method,
        headers: {
          'x-api-key': key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text) as T;
    },
  };
}

interface AskOptions {
  body?: unknown;
  key?: string;
  idempotencyKey?: string;
}

async function send(apiUrl: string, draft: Draft, key: string): Promise<Answer> {
  const { method, headers, body } = draft;
  const response = await fetch(`${apiUrl}${urlOf(draft)}`, {
    method,
    headers: { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Works on the items with at most `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

/** A whole number from the environment. */
export function countFrom(name: string, otherwise: number): number {
  const count = Number(process.env[name] ?? otherwise);
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`${name} must be a positive whole number`);
  return count;
}

const tries = 5;
const retryPauseMs = 1_000;

/** Asks again while the answer is a 503: a machine that is short of everything is not what these tests are about. */
export async function untilAvailable<T extends { status: number }>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    if (answer.status !== 503 || attempt === tries) return answer;
    await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
  }
}
