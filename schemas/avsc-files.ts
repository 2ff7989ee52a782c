import { EVENT_BATCH_SCHEMA } from './events/event-batch.ts';

const render = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`;

/** The files of schemas/avsc by name: the wire schemas for programs in other languages. */
export const AVSC_FILES: Readonly<Record<string, string>> = {
  'event-batch.avsc': render(EVENT_BATCH_SCHEMA),
};
