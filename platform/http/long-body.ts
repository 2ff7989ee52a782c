import type { Socket } from 'node:net';

const taking = new WeakSet<Socket>();

/** Excepts the present request of a connection from the time-out of whole requests until the returned function is called: for bodies that are streamed and watched by their reader. */
export function allowLongBody(socket: Socket): () => void {
  taking.add(socket);
  return () => taking.delete(socket);
}

/** Whether a connection's request may take longer than others. */
export const mayTakeLong = (socket: Socket): boolean => taking.has(socket);
