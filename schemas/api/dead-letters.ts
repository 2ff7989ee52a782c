import { type Static, Type } from 'typebox';
import { PageSchema } from './selection.ts';

/** Limits of the dead letters, as a client meets them. */
export const DEAD_LETTER_LIMITS = {
  pageSize: 100,
  defaultPageSize: 25,
  /** Bytes of the value that a list shows. */
  shownBytes: 4_096,
  idLength: 128,
} as const;

const id = Type.String({
  minLength: 1,
  maxLength: DEAD_LETTER_LIMITS.idLength,
  description: 'Topic, partition and offset of the record.',
  examples: ['tidemark.events.v1:2:1047'],
});

export const DeadLetterQuerySchema = Type.Object({
  page: PageSchema,
  pageSize: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: DEAD_LETTER_LIMITS.pageSize,
      default: DEAD_LETTER_LIMITS.defaultPageSize,
      description: 'Dead letters on a page.',
    }),
  ),
});

export const DeadLetterSchema = Type.Object({
  id,
  reason: Type.String({ description: 'Why nothing could be read from it.', examples: ['unknown_schema'] }),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  appendedAt: Type.String({ format: 'date-time', description: 'When the log stored the record.' }),
  valueBytes: Type.Integer({ description: 'Length of the record.' }),
  valueBase64: Type.String({ description: `The record, or its first ${DEAD_LETTER_LIMITS.shownBytes} bytes.` }),
  replayedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
});
export type DeadLetter = Static<typeof DeadLetterSchema>;

export const DeadLetterListSchema = Type.Object({
  data: Type.Array(DeadLetterSchema),
  meta: Type.Object({ page: Type.Integer(), pageSize: Type.Integer(), totalCount: Type.Integer() }),
});
export type DeadLetterList = Static<typeof DeadLetterListSchema>;

export const DeadLetterParamsSchema = Type.Object({ id });

export const ReplayedSchema = Type.Object({
  id,
  status: Type.Literal('replayed'),
  replayedAt: Type.String({ format: 'date-time' }),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer({ description: 'Where the record is now.' }),
  repeated: Type.Boolean({ description: 'True when an earlier request had replayed it: this one changed nothing.' }),
});
export type Replayed = Static<typeof ReplayedSchema>;
