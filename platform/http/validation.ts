import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { invalidRequest, type RequestPart, toIssues } from './issues.ts';
import { addLengthKeywords } from './length-keywords.ts';
import { UnreadBody } from './unread-body.ts';

/** When a body is rejected, arrays are searched up to this element for further issues, which bounds what a hostile body can make of them. */
const maxSearchedItems = 1_000;
/** Failures that end the search: the value is too large to be worth reading. */
const oversized = new Set(['maxItems', 'maxProperties', 'maxLength']);
const annotations = ['example', 'x-issue', 'x-tidemark-extension'];

/**
 * Validates requests with Ajv: bodies as they are, query strings and path parameters with text coerced to numbers and booleans.
 * A rejected request costs a second pass that names every offending field.
 */
export function addValidation(app: FastifyInstance): void {
  const forBodies = createAjvPair({ coerceTypes: false });
  const forText = createAjvPair({ coerceTypes: 'array' });
  app.setValidatorCompiler<object>(({ schema, httpPart }) => {
    const part = (httpPart ?? 'body') as RequestPart;
    const ajv = part === 'body' ? forBodies : forText;
    return createValidator({ schema, part, ajv });
  });
}

interface AjvPair {
  quick: Ajv;
  thorough: Ajv;
}

function createAjvPair(options: Options): AjvPair {
  const shared: Options = {
    ...options,
    useDefaults: true,
    removeAdditional: false,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    addUsedSchema: false,
  };
  return { quick: createAjv(shared), thorough: createAjv({ ...shared, allErrors: true, verbose: true }) };
}

function createAjv(options: Options): Ajv {
  const ajv = new Ajv(options);
  ajv.addVocabulary(annotations);
  addLengthKeywords(ajv);
  addFormats.default(ajv);
  return ajv;
}

function createValidator({ schema, part, ajv }: { schema: object; part: RequestPart; ajv: AjvPair }) {
  const isValid = ajv.quick.compile(schema);
  let search: ValidateFunction | undefined;
  return (data: unknown) => {
    if (data instanceof UnreadBody) return { value: data };
    if (isValid(data)) return part === 'body' ? { value: data } : refuseInfinite(data, part);
    const first = isValid.errors ?? [];
    // Compiled on the first failure: most routes never need it.
    search ??= ajv.thorough.compile(schema);
    const errors = first.some(({ keyword }) => oversized.has(keyword)) ? first : findErrors(search, data, first);
    return { error: invalidRequest(part, toIssues(errors)) };
  };
}

/** Ajv makes `Infinity`, and numbers of hundreds of digits, infinite, and compares only finite numbers with the limits of the schema. */
function refuseInfinite(data: unknown, part: RequestPart) {
  const infinite = Object.entries(data ?? {}).filter(([, value]) => [value].flat().some(isInfinite));
  if (infinite.length === 0) return { value: data };
  const issues = infinite.map(([field]) => ({ field, issue: 'must be a finite number' }));
  return { error: invalidRequest(part, issues) };
}

const isInfinite = (value: unknown): boolean => typeof value === 'number' && !Number.isFinite(value);

function findErrors(search: ValidateFunction, data: unknown, first: ErrorObject[]): ErrorObject[] {
  search(clipArrays(data));
  return search.errors ?? first;
}

function clipArrays(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, maxSearchedItems).map(clipArrays);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clipArrays(item)]));
}
