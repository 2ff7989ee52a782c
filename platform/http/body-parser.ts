import { isAscii, isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ApiError, badRequest } from '../errors.ts';
import { MAX_JSON_DEPTH, MAX_JSON_KEYS } from './body-limits.ts';
import { inflateBody } from './inflate.ts';
import { invalidRequest } from './issues.ts';
import { findJsonError } from './json-error.ts';
import { type JsonDefect, scanJson } from './scan-json.ts';
import { findIllFormed, mayBeIllFormed } from './well-formed.ts';

/** Lets the server take JSON bodies only, plain or compressed; every other content type is answered with 415. */
export function addBodyParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && !request.is404) {
      inflateBody(body, encoding)
        .then((plain) => readBody(plain, request))
        .then((value) => done(null, value), done);
      return;
    }
    try {
      done(null, readBody(body, request));
    } catch (error) {
      done(error as ApiError);
    }
  });
}

/**
 * The value of a JSON text in UTF-8. ApiError 400 for invalid UTF-8, malformed JSON (with its position), lone surrogates and what
 * {@link scanJson} refuses. Numbers beyond the range of a double become infinite: schemas refuse them.
 */
export function parseJson(bytes: Buffer): unknown {
  const defect = scanJson(bytes);
  if (defect !== undefined) throw badRequest(defectMessages[defect]);
  const value = parse(decode(bytes));
  const illFormed = mayBeIllFormed(bytes) ? findIllFormed(value) : undefined;
  if (illFormed !== undefined) {
    throw invalidRequest('body', [{ field: illFormed, issue: 'must be well-formed Unicode text' }]);
  }
  return value;
}

function readBody(bytes: Buffer, request: FastifyRequest): unknown {
  // Nobody has authenticated a request without a route, so it gets no work done.
  if (request.is404) return undefined;
  if (bytes.length > 0) return parseJson(bytes);
  // Many clients name a content type even when they send nothing, to DELETE or to an action.
  if (request.routeOptions.schema?.body === undefined) return undefined;
  throw badRequest('Request body must not be empty.');
}

function decode(bytes: Buffer): string {
  // A one-byte string is cheaper to make and to parse.
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw badRequest('Request body is not valid UTF-8.');
  return bytes.toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(`Request body is not valid JSON: ${findJsonError(text)}.`);
  }
}

const defectMessages: Record<JsonDefect, string> = {
  too_deep: `Request body must not be nested deeper than ${MAX_JSON_DEPTH} levels.`,
  too_many_keys: `An object in the request body must not have more than ${MAX_JSON_KEYS} keys.`,
  forbidden_key: "Request body must not contain the keys '__proto__' or 'constructor.prototype'.",
};
