import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError } from '../errors.ts';
import { renderError } from './families.ts';
import { mayTakeLong } from './long-body.ts';

/** Answers what never became a request (broken HTTP, too large headers, too slow a sender) on its socket and closes it. */
export function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayTakeLong(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const shown = toApiError(error.code);
  const requestId = `req_${randomUUID()}`;
  const body = JSON.stringify(renderError('M', shown, requestId));
  const head = [
    `HTTP/1.1 ${shown.statusCode} ${STATUS_CODES[shown.statusCode]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function toApiError(code: string | undefined): ApiError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiError(408, { code: 'request_timeout', message: 'The request was not received in time.' });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ApiError(431, { code: 'headers_too_large', message: 'The request headers are larger than allowed.' });
  }
  return new ApiError(400, { code: 'bad_request', message: 'The request is malformed.' });
}
