import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { ApiError, FieldIssue } from '../errors.ts';
import type { Family } from './route-config.ts';
import { rpcStatusOf } from './rpc-status.ts';

/** Renders the error in the envelope of the family. `requestId` is shown where the family documents it. */
export function renderError(family: Family, error: ApiError, requestId: string): Record<string, unknown> {
  if (family === 'S') {
    const isServerFault = error.statusCode >= 500;
    return isServerFault ? { error: sentence(error), request_id: requestId } : { error: sentence(error) };
  }
  if (family === 'T') return { statusCode: error.statusCode, message: sentence(error) };
  if (family === 'O') return rpcStatusOf(error);
  if (family === 'A') return { error: { code: error.code, message: sentence(error) } };
  return { error: dropUndefined(error) };
}

/** The family an address belongs to when no route says so: T under /events, else M. */
export function familyOfUrl(url: string): Family {
  return /^\/events(?:[/?]|$)/.test(url) ? 'T' : 'M';
}

/** The family in which a request is answered. `config`: of its route, for who has read it already. */
export const familyOf = (
  request: FastifyRequest,
  config: FastifyContextConfig | undefined = request.routeOptions.config,
): Family => config?.family ?? familyOfUrl(request.url);

// These families document no list of fields, so the sentence itself names them.
function sentence({ message, details }: ApiError): string {
  const base = message.replace(/\.$/, '');
  return details === undefined || details.length === 0 ? base : `${base}: ${details.map(describeIssue).join('; ')}`;
}

const describeIssue = ({ field, issue }: FieldIssue): string => (field === '' ? issue : `${field}: ${issue}`);

function dropUndefined({ code, message, details, retryAfter }: ApiError) {
  return {
    code,
    message,
    ...(details === undefined ? {} : { details }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
