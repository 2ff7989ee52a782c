import { CliError, EXIT, type ExitCode } from './exit-codes.ts';

export interface FieldIssue {
  field: string;
  issue: string;
}

interface FailureParts {
  message: string;
  details?: FieldIssue[];
  retryAfterS?: number | undefined;
  line?: number | undefined;
}

/** An answer that is an error, in the words of the server. */
export class ApiFailure extends CliError {
  override name = 'ApiFailure';
  readonly status: number;
  readonly details: readonly FieldIssue[];
  /** Seconds to wait before another try; undefined when the server did not say. */
  readonly retryAfterS: number | undefined;
  /** Of a body of lines: the first that was not stored. */
  readonly line: number | undefined;

  constructor(status: number, parts: FailureParts) {
    super(exitCodeOf(status), parts.message);
    this.status = status;
    this.details = parts.details ?? [];
    this.retryAfterS = parts.retryAfterS;
    this.line = parts.line;
  }
}

/** Reads an answer that is an error, in the envelope of any of the API's families or of a proxy before it. */
export async function readFailure(response: Response): Promise<ApiFailure> {
  const { message, details, line } = readEnvelope(await response.text());
  const requestId = response.headers.get('x-request-id');
  const shown = message ?? (response.statusText || 'no explanation');
  return new ApiFailure(response.status, {
    message: `${response.status} ${shown}${hintFor(response.status)}${requestId === null ? '' : ` (request ${requestId})`}`,
    details,
    line,
    retryAfterS: readSeconds(response.headers.get('retry-after')),
  });
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.refused;
  return status >= 500 || status === 429 || status === 408 ? EXIT.unavailable : EXIT.rejected;
}

function hintFor(status: number): string {
  if (status === 401) return ' Check --key or TIDEMARK_API_KEY.';
  return '';
}

interface Envelope {
  error?: unknown;
  message?: unknown;
  line?: unknown;
}

function readEnvelope(
  text: string,
): Pick<FailureParts, 'line'> & { message: string | undefined; details: FieldIssue[] } {
  const envelope = parse(text);
  const inner = isRecord(envelope.error) ? envelope.error : envelope;
  const message = [inner.message, envelope.error].find((candidate) => typeof candidate === 'string');
  const details = 'details' in inner && Array.isArray(inner.details) ? inner.details.filter(isIssue) : [];
  const line = typeof envelope.line === 'number' ? envelope.line : undefined;
  return { message: message as string | undefined, details, line };
}

function parse(text: string): Envelope {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    // A proxy's page: the status says enough.
    return {};
  }
}

function readSeconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isIssue = (value: unknown): value is FieldIssue =>
  isRecord(value) && typeof value.field === 'string' && typeof value.issue === 'string';
