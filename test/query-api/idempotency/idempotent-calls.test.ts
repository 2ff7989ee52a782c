import { expect, it } from 'vitest';
import { addAuditOfRefusals } from '../../../query-api/audit/audit-calls.ts';
import type { AuditLog } from '../../../query-api/audit/audit-log.ts';
import type { Idempotency } from '../../../query-api/idempotency/idempotency.ts';
import { addIdempotency } from '../../../query-api/idempotency/idempotent-calls.ts';
import { IDEMPOTENCY_LIMITS } from '../../../schemas/api/idempotency.ts';
import { buildTestServer } from '../../support/http-server.ts';

/** Claims every call and writes down what becomes of it. */
function createRecorder() {
  const ends: string[] = [];
  const idempotency: Idempotency = {
    claim: async ({ id }) => ({ kind: 'claimed', claim: { id, lease: '' } }),
    apply: async () => {},
    complete: async (_claim, { status }) => void ends.push(`kept ${status}`),
    release: async () => void ends.push('released'),
  };
  return { ends, idempotency };
}

const auditLog: AuditLog = {
  recordRefusal: async () => {},
  list: () => Promise.reject(new Error('not asked for')),
};

async function endsOf(answer: { status: number; body: string }): Promise<string[]> {
  const { ends, idempotency } = createRecorder();
  const app = await buildTestServer();
  const plain = app as unknown as Parameters<typeof addIdempotency>[0];
  addAuditOfRefusals(plain, auditLog);
  addIdempotency(plain, idempotency);
  app.post('/api/v1/keys', { config: { permission: 'admin', action: 'key.create' } }, (_request, reply) =>
    reply.code(answer.status).send(answer.body),
  );
  await app.inject({
    method: 'POST',
    url: '/api/v1/keys',
    headers: { 'x-api-key': 'k-admin', 'idempotency-key': 'once' },
  });
  await app.close();
  return ends;
}

it('keeps answers that went well and refusals, and lets calls that the server failed be tried again', async () => {
  expect(await endsOf({ status: 201, body: 'made' })).toEqual(['kept 201']);
  expect(await endsOf({ status: 409, body: 'taken' })).toEqual(['kept 409']);
  expect(await endsOf({ status: 503, body: 'away' })).toEqual(['released']);
});

it('keeps answers up to a limit', async () => {
  const longest = 'x'.repeat(IDEMPOTENCY_LIMITS.answerBytes);
  expect(await endsOf({ status: 200, body: longest })).toEqual(['kept 200']);
  expect(await endsOf({ status: 200, body: `${longest}x` })).toEqual(['released']);
});
