import type { FastifyRequest } from 'fastify';
import type { PageTokens } from './page-tokens.ts';

/** Who holds the other end of a client's connection. */
export interface Peer {
  /** IPv4 or IPv6, without the prefix of an IPv4 address in IPv6. */
  address: string;
  /** Whether a header says that the request came through a proxy, so that the peer is not the client. */
  isProxied: boolean;
}

/** Tells the tier that a request is handed to whom it came from, in a header nobody else can write. */
export interface PeerSeals {
  /** The header's value; good only with the request's id. */
  seal(peer: Peer, requestId: string): string;
  /** The peer another tier has seen, undefined when none has sealed the request. */
  open(request: FastifyRequest): Peer | undefined;
}

export const PEER_HEADER = 'x-tidemark-peer';

const forwardingHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];
const listName = 'peer of a forwarded request';

/** Seals made with the secret of page tokens, which all tiers share. */
export function createPeerSeals(tokens: PageTokens): PeerSeals {
  const listOf = (requestId: string) => [listName, requestId];
  return {
    seal: ({ address, isProxied }, requestId) =>
      tokens.sign(`${isProxied ? 'proxied' : 'direct'} ${address}`, listOf(requestId)),
    open({ headers, id }) {
      const sealed = headers[PEER_HEADER];
      const text = typeof sealed === 'string' ? tokens.open(sealed, listOf(id)) : undefined;
      const [, kind, address = ''] = /^(direct|proxied) (.*)$/.exec(text ?? '') ?? [];
      return kind === undefined ? undefined : { address, isProxied: kind === 'proxied' };
    },
  };
}

/** The peer of the connection itself. */
export function peerOf({ socket, headers }: Pick<FastifyRequest, 'socket' | 'headers'>): Peer {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  return { address, isProxied: forwardingHeaders.some((name) => headers[name] !== undefined) };
}
