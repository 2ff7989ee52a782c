import { forbidden } from '../../../../../../../platform/errors.ts';
import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { DeadLetterParamsSchema, ReplayedSchema } from '../../../../../../../schemas/api/dead-letters.ts';
import { callOf } from '../../../../../../control/call.ts';

export default async function replay(app: HttpServer): Promise<void> {
  const { deadLetters } = app.deps;

  app.post(
    '/',
    {
      config: { permission: 'platform', extension: true, action: 'dead-letter.replay' },
      schema: {
        tags: ['Dead letters'],
        summary: 'Replay a record that can be read by now',
        description:
          'Appends it to its partition again; its events are counted once, however often this is asked for. 409 when only a part of the record was kept, 422 when it still cannot be read.',
        params: DeadLetterParamsSchema,
        response: { 200: ReplayedSchema },
      },
    },
    (request) => {
      if (request.principal.tenants !== 'all') throw forbidden();
      return deadLetters.replay(callOf(request), request.params.id);
    },
  );
}
