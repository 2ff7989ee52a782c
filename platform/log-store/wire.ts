import type { Socket } from 'node:net';

/**
 * The protocol between the tiers and the log server, little endian: u32 length of the rest, u8 kind, u32 request,
 * u32 length of the head, the head as JSON, then bytes as they are (frames of records).
 */
export const PROTOCOL_VERSION = 2;

/** Largest message of a client that has shown the token: an append of the largest size with room for many headers. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Largest message of a client that has not. */
export const MAX_HELLO_BYTES = 4096;

const LENGTH_BYTES = 4;
const PREFIX_BYTES = 9;

/** Up to here bytes are copied behind the head, so that a small message is one write. */
const COPY_UP_TO_BYTES = 16 * 1024;

export const KIND = {
  hello: 1,
  append: 2,
  fetch: 3,
  cancel: 4,
  committed: 5,
  bounds: 6,
  join: 7,
  commit: 8,
  release: 9,
  leave: 10,
  heartbeat: 11,
  ok: 32,
  failed: 33,
  assign: 34,
  revoke: 35,
} as const;

export interface Message {
  kind: number;
  /** Chosen by the client; an answer has that of its request. */
  id: number;
  head: unknown;
  body: Buffer;
}

export interface OutgoingMessage {
  kind: number;
  id: number;
  head?: unknown;
  body?: readonly Uint8Array[];
}

/** Writes one message; messages of one turn of the event loop leave together. Body parts must not change until they have left. */
export function sendMessage(socket: Socket, { kind, id, head = null, body = [] }: OutgoingMessage): void {
  const json = JSON.stringify(head);
  const jsonBytes = Buffer.byteLength(json);
  const bodyBytes = body.reduce((sum, { length }) => sum + length, 0);
  const isCopied = bodyBytes <= COPY_UP_TO_BYTES;
  const start = Buffer.allocUnsafe(LENGTH_BYTES + PREFIX_BYTES + jsonBytes + (isCopied ? bodyBytes : 0));
  start.writeUInt32LE(PREFIX_BYTES + jsonBytes + bodyBytes, 0);
  start.writeUInt8(kind, 4);
  start.writeUInt32LE(id, 5);
  start.writeUInt32LE(jsonBytes, 9);
  start.write(json, LENGTH_BYTES + PREFIX_BYTES);
  socket.cork();
  let at = LENGTH_BYTES + PREFIX_BYTES + jsonBytes;
  for (const part of isCopied ? body : []) {
    start.set(part, at);
    at += part.length;
  }
  socket.write(start);
  for (const part of isCopied ? [] : body) socket.write(part);
  process.nextTick(() => socket.uncork());
}

export interface MessageReader {
  /** Takes the next bytes of the stream and hands out the messages that are complete. Throws a RangeError on a length beyond the limit. */
  push(chunk: Buffer): void;
  maxBytes: number;
}

/** Cuts a byte stream into messages. A message within one chunk is a view of it; a longer one is copied together once. */
export function createMessageReader(onMessage: (message: Message) => void, maxBytes: number): MessageReader {
  let rest: Buffer | undefined;
  let partial: { bytes: Buffer; filled: number } | undefined;

  function fill(chunk: Buffer): number {
    if (!partial) return 0;
    const taken = chunk.copy(partial.bytes, partial.filled);
    partial.filled += taken;
    if (partial.filled < partial.bytes.length) return taken;
    const { bytes } = partial;
    partial = undefined;
    onMessage(parseMessage(bytes));
    return taken;
  }

  function take(chunk: Buffer, from: number): number {
    const length = chunk.readUInt32LE(from);
    if (length < PREFIX_BYTES || length > reader.maxBytes) {
      throw new RangeError(`a message of ${length} bytes is outside of ${PREFIX_BYTES} to ${reader.maxBytes}`);
    }
    const start = from + LENGTH_BYTES;
    if (start + length <= chunk.length) {
      onMessage(parseMessage(chunk.subarray(start, start + length)));
      return start + length;
    }
    const bytes = Buffer.allocUnsafe(length);
    partial = { bytes, filled: chunk.copy(bytes, 0, start) };
    return chunk.length;
  }

  const reader: MessageReader = {
    maxBytes,
    push(chunk) {
      const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
      rest = undefined;
      let at = fill(bytes);
      while (bytes.length - at >= LENGTH_BYTES) at = take(bytes, at);
      if (at < bytes.length) rest = bytes.subarray(at);
    },
  };
  return reader;
}

function parseMessage(bytes: Buffer): Message {
  const headEnd = PREFIX_BYTES + bytes.readUInt32LE(5);
  if (headEnd > bytes.length) throw new RangeError('the head of a message is longer than the message');
  return {
    kind: bytes.readUInt8(0),
    id: bytes.readUInt32LE(1),
    head: JSON.parse(bytes.toString('utf8', PREFIX_BYTES, headEnd)),
    body: bytes.subarray(headEnd),
  };
}
