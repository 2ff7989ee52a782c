import type { FastifyRequest } from 'fastify';
import { NDJSON_TYPE } from '../../schemas/api/ndjson-limits.ts';

/** An OpenAPI document as far as the pages change it. */
interface Document {
  paths?: Record<string, Record<string, { requestBody?: { content: Record<string, unknown> } }>>;
}

const shownType = NDJSON_TYPE.replace('json', 'JSON');

/**
 * The document for Swagger UI, changed in place. It turns an example into a JSON string wherever the type of the content holds `json`, which would
 * be the end of an example of lines; the names of types are the same in upper case.
 */
export function forSwaggerUi<Given extends Document>(document: Given): Given {
  for (const operation of Object.values(document.paths ?? {}).flatMap((methods) => Object.values(methods))) {
    const { content } = operation.requestBody ?? {};
    const lines = content?.[NDJSON_TYPE];
    if (content === undefined || lines === undefined) continue;
    delete content[NDJSON_TYPE];
    content[shownType] = lines;
  }
  return document;
}

const ownHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** The document with its own address where that is sure, so that the commands on the page run as they are copied; behind a proxy nobody here knows it. */
export function withAddress<Given extends object>(document: Given, { headers, host }: FastifyRequest) {
  const isOwn = headers['x-forwarded-host'] === undefined && ownHost.test(host);
  return isOwn ? { ...document, servers: [{ url: `http://${host}` }] } : document;
}
