export interface ApiClient {
  baseUrl: string;
  /** Each resolves to the parsed JSON answer, throws {@link ApiFailure} on any other status than 2xx. */
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

export type Query = Readonly<Record<string, string | number>>;

/** The API answered, but not with success. `body` is the answer as text. */
export class ApiFailure extends Error {
  override name = 'ApiFailure';
  readonly status: number;
  readonly body: string;

  constructor(request: string, status: number, body: string) {
    super(`${request} was answered with ${status}: ${body.slice(0, 500)}`);
    this.status = status;
    this.body = body;
  }
}

const requestTimeoutMs = 30_000;

/** A client of the public HTTP API; connections are kept alive by the runtime's fetch. Paths begin with `/`. */
export function createApiClient({ baseUrl, key }: { baseUrl: string; key: string }): ApiClient {
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const headers = { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const init = { method, headers, signal: AbortSignal.timeout(requestTimeoutMs) };
    const response = await fetch(baseUrl + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new ApiFailure(`${method} ${path}`, response.status, text);
    return JSON.parse(text) as T;
  };
  return {
    baseUrl,
    get: (path, query) => send('GET', path + toQueryString(query)),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    delete: (path) => send('DELETE', path),
  };
}

/** Runs a creation and accepts that the thing exists already (409). */
export async function createUnlessThere(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 409) throw error;
  }
}

export function toQueryString(query: Query | undefined): string {
  const entries = Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`;
}
