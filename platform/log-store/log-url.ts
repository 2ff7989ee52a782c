export interface LogAddress {
  host: string;
  port: number;
  token: string;
}

/** `tidemark-log://<token>@<host>:<port>` */
export function formatLogUrl({ host, port, token }: LogAddress): string {
  return `tidemark-log://${encodeURIComponent(token)}@${host}:${port}`;
}

/** Throws an Error that says what a log URL looks like; it never repeats the token. */
export function parseLogUrl(url: string): LogAddress {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'tidemark-log:' || !parsed.hostname || !parsed.port || !parsed.username) {
    throw new Error('a log URL looks like tidemark-log://<token>@127.0.0.1:<port>');
  }
  return { host: parsed.hostname, port: Number(parsed.port), token: decodeURIComponent(parsed.username) };
}
