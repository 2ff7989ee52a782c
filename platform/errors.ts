/** One rejected field of a request: `field` is a path such as `events[3].value`, `issue` a sentence a client can act on. */
export interface FieldIssue {
  field: string;
  issue: string;
}

export interface ApiErrorDetails {
  details?: FieldIssue[];
  /** Seconds after which a repeat may succeed; also sent as the Retry-After header. */
  retryAfter?: number;
}

/**
 * An error that is meant for the client: thrown anywhere below a route, rendered in the envelope of the route's family.
 * `code` is snake_case and stable, `message` is safe to show.
 */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly statusCode: number;
  readonly code: string;
  readonly details: FieldIssue[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(statusCode: number, code: string, message: string, extra: ApiErrorDetails = {}) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.details = extra.details;
    this.retryAfter = extra.retryAfter;
  }
}

export const badRequest = (message: string, details?: FieldIssue[]): ApiError =>
  new ApiError(400, 'bad_request', message, details === undefined ? {} : { details });

export const validationError = (message: string, details: FieldIssue[]): ApiError =>
  new ApiError(400, 'validation_error', message, { details });

export const unauthorized = (message = 'Invalid or missing API key.'): ApiError =>
  new ApiError(401, 'unauthorized', message);

export const forbidden = (message = 'API key does not have the required scope.'): ApiError =>
  new ApiError(403, 'forbidden', message);

export const notFound = (message = 'The requested resource does not exist.'): ApiError =>
  new ApiError(404, 'not_found', message);

export const conflict = (message: string): ApiError => new ApiError(409, 'conflict', message);

export const unavailable = (message: string, retryAfter = 1): ApiError =>
  new ApiError(503, 'unavailable', message, { retryAfter });
