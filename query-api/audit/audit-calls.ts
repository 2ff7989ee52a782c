import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callOf } from '../control/call.ts';
import type { CallOutcome } from './append-audit-row.ts';
import type { AuditLog } from './audit-log.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the audit log calls a mutating route, `<object>.<verb>`; every one that is not forwarded has it. */
    action?: string;
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Refused before anything was looked at, and too cheap to send to be worth a row each. */
const unrecordedStatuses = new Set([401, 429]);

/**
 * Leaves a row in the audit log for each mutating call of a known credential that was refused or failed; it is committed before the client
 * is answered. Calls that went well have written theirs with the change itself.
 */
export function addAuditOfRefusals(app: FastifyInstance, auditLog: AuditLog): void {
  app.decorateRequest('call', null);
  app.addHook('onSend', async (request, reply) => {
    if (!isAudited(request) || reply.statusCode < 400 || unrecordedStatuses.has(reply.statusCode)) return;
    const call = callOf(request);
    if (call.isRecorded) return;
    call.isRecorded = true;
    const outcome = outcomeOf(request, { statusCode: reply.statusCode, code: reply.errorCode ?? 'error' });
    await auditLog.recordRefusal(call, outcome).catch((error: unknown) => {
      // The call changed nothing and has its answer; that nobody will find it in the log is what must be known.
      request.log.error(
        { err: error, requestId: request.id, ...outcome },
        'a refused call is missing in the audit log',
      );
    });
  });
}

/** Whether the request is a mutating call of a known caller on a route of this tier. */
export function isAudited(request: FastifyRequest): boolean {
  const { action } = request.routeOptions.config ?? {};
  return action !== undefined && !safeMethods.has(request.method) && Boolean(request.principal);
}

function outcomeOf(request: FastifyRequest, { statusCode, code }: { statusCode: number; code: string }): CallOutcome {
  const { principal, subject } = callOf(request);
  const action = subject?.action ?? request.routeOptions.config.action ?? '';
  const [only, ...others] = principal.tenants === 'all' ? [] : principal.tenants;
  return {
    objectType: action.split('.')[0] ?? '',
    ...subject,
    action,
    tenant: subject?.tenant ?? (others.length === 0 ? (only ?? null) : null),
    result: statusCode >= 500 ? 'failed' : 'refused',
    code,
  };
}
