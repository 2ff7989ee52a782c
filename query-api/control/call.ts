import type { FastifyRequest } from 'fastify';
import type { SqlRunner } from '../../platform/postgres.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';

/** A mutating call on its way: who asks, in which request, and what became of it so far. Routes get theirs from `callOf(request)`. */
export interface Call {
  principal: Principal;
  requestId: string;
  /** What the call is about, as far as it got: for the audit row of a call that is refused. */
  subject?: Subject;
  /** The audit row of this call is committed. */
  isRecorded: boolean;
  /** Runs as the last statement of the change's transaction; rejecting takes the change back. */
  beforeCommit?: (sql: SqlRunner) => Promise<void>;
}

export interface Subject {
  /** `<object>.<verb>`, such as key.revoke. */
  action: string;
  objectType: string;
  objectId?: string;
  /** Id of the tenant it concerns, which the caller may touch; null when it concerns none or several. */
  tenant?: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    call: Call | null;
  }
}

/** The call a request makes; only behind admission, where the caller is known. */
export function callOf(request: FastifyRequest): Call {
  request.call ??= { principal: request.principal, requestId: request.id, isRecorded: false };
  return request.call;
}
