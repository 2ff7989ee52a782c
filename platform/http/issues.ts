import type { ErrorObject } from 'ajv';
import { ApiError, type FieldIssue } from '../errors.ts';

/** At most this many issues are named in one answer. */
export const MAX_ISSUES = 100;

export type RequestPart = 'body' | 'querystring' | 'params' | 'headers';

const missing = 'must not be empty';

const partNames: Record<RequestPart, string> = {
  body: 'Request body',
  querystring: 'Query string',
  params: 'Path',
  headers: 'Request headers',
};

/**
 * The error for fields that were rejected: `bad_request` with `The 'orgCode' field is required.` when all that is wrong is
 * top-level fields being missing or empty, as documented, else `validation_error`.
 */
export function invalidRequest(part: RequestPart, issues: readonly FieldIssue[]): ApiError {
  const details = issues.slice(0, MAX_ISSUES);
  if (issues.every(({ field, issue }) => issue === missing && /^[^.[\]]+$/.test(field))) {
    const names = details.map(({ field }) => `'${field}'`).join(', ');
    const message = `The ${names} ${details.length === 1 ? 'field is' : 'fields are'} required.`;
    return new ApiError(400, { code: 'bad_request', message, details });
  }
  const message = `${partNames[part]} contains invalid fields.`;
  return new ApiError(400, { code: 'validation_error', message, details });
}

/** One issue for each field Ajv complains about, in its order; a schema may bring its own text as `x-issue`. */
export function toIssues(errors: readonly ErrorObject[]): FieldIssue[] {
  const byField = new Map<string, FieldIssue>();
  for (const error of errors) {
    if (error.keyword === 'if') continue;
    const field = fieldOf(error);
    const known = byField.get(field);
    // A union reports its branches and then itself: the sentence about the whole says more.
    if (known === undefined || error.keyword === 'anyOf' || error.keyword === 'oneOf') {
      byField.set(field, { field, issue: issueOf(error) });
    }
  }
  return [...byField.values()];
}

/** `/events/3/dimensions/a~1b` and a missing `value` as `events[3].dimensions.a/b.value`. */
function fieldOf({ instancePath, params, keyword }: ErrorObject): string {
  const segments = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'required') segments.push(params.missingProperty);
  if (keyword === 'additionalProperties') segments.push(params.additionalProperty);
  if (keyword === 'propertyNames') segments.push(params.propertyName);
  return segments.reduce((path, segment) => {
    if (/^\d+$/.test(segment)) return `${path}[${segment}]`;
    return path === '' ? segment : `${path}.${segment}`;
  }, '');
}

const unescapePointer = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~');

function issueOf(error: ErrorObject): string {
  const own = (error.parentSchema as Record<string, unknown> | undefined)?.['x-issue'];
  if (typeof own === 'string') return own;
  return describe[error.keyword]?.(error) ?? error.message ?? 'is invalid';
}

const describe: Record<string, (error: ErrorObject) => string> = {
  required: () => missing,
  type: ({ params }) => `must be ${typeName(String(params.type))}`,
  minLength: ({ params }) => (params.limit === 1 ? missing : `must have at least ${params.limit} characters`),
  maxLength: ({ params }) => `must have at most ${params.limit} characters`,
  minimum: ({ params }) => `must be at least ${params.limit}`,
  maximum: ({ params }) => `must be at most ${params.limit}`,
  exclusiveMinimum: ({ params }) => `must be greater than ${params.limit}`,
  exclusiveMaximum: ({ params }) => `must be less than ${params.limit}`,
  minItems: ({ params }) => (params.limit === 1 ? missing : `must have at least ${params.limit} items`),
  maxItems: ({ params }) => `must have at most ${params.limit} items`,
  minProperties: ({ params }) => (params.limit === 1 ? missing : `must have at least ${params.limit} keys`),
  maxProperties: ({ params }) => `must have at most ${params.limit} keys`,
  additionalProperties: () => 'is not a known field',
  enum: ({ params }) => `must be one of ${params.allowedValues.join(', ')}`,
  const: ({ params }) => `must be ${params.allowedValue}`,
  format: ({ params }) => formatNames[params.format] ?? `must be a valid ${params.format}`,
  pattern: () => 'has a form that is not allowed',
  anyOf: (error) => unionIssue(error),
  oneOf: (error) => unionIssue(error),
};

const formatNames: Record<string, string> = {
  date: 'must be a date such as 2026-03-01',
  'date-time': 'must be an RFC 3339 timestamp such as 2026-03-18T10:30:00Z',
};

function typeName(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

// Unions of literals are how TypeBox writes an enumeration.
function unionIssue({ schema }: ErrorObject): string {
  const literals = Array.isArray(schema) ? schema.map((branch) => branch?.const) : [];
  const isEnumeration = literals.length > 0 && literals.every((literal) => literal !== undefined);
  return isEnumeration ? `must be one of ${literals.join(', ')}` : 'has none of the allowed forms';
}
