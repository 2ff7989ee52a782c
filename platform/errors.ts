/** One rejected field of a request: `field` is a path such as `events[3].value`, `issue` a sentence a client can act on. */
export interface FieldIssue {
  field: string;
  issue: string;
}

export interface ApiErrorInit {
  /** snake_case and stable. */
  code: string;
  /** Safe to show to the client. */
  message: string;
  details?: FieldIssue[];
  /** Seconds after which a repeat may succeed; also sent as the Retry-After header. */
  retryAfter?: number;
}

/** An error that is meant for the client: thrown anywhere below a route, rendered in the envelope of the route's family. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly statusCode: number;
  readonly code: string;
  readonly details: FieldIssue[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(statusCode: number, init: ApiErrorInit) {
    super(init.message);
    this.statusCode = statusCode;
    this.code = init.code;
    this.details = init.details;
    this.retryAfter = init.retryAfter;
  }
}

export const badRequest = (message: string, details?: FieldIssue[]): ApiError =>
  new ApiError(
    400,
    details === undefined ? { code: 'bad_request', message } : { code: 'bad_request', message, details },
  );

export const validationError = (message: string, details: FieldIssue[]): ApiError =>
  new ApiError(400, { code: 'validation_error', message, details });

export const unauthorized = (message = 'Invalid or missing API key.'): ApiError =>
  new ApiError(401, { code: 'unauthorized', message });

export const forbidden = (message = 'API key does not have the required scope.'): ApiError =>
  new ApiError(403, { code: 'forbidden', message });

export const notFound = (message = 'The requested resource does not exist.'): ApiError =>
  new ApiError(404, { code: 'not_found', message });

export const conflict = (message: string): ApiError => new ApiError(409, { code: 'conflict', message });

export const unavailable = (message: string, retryAfter = 1): ApiError =>
  new ApiError(503, { code: 'unavailable', message, retryAfter });
