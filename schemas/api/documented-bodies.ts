import { type TSchema, Type } from 'typebox';
import { NDJSON_TYPE } from './ndjson-limits.ts';

/** Bodies of an operation by content type, as the OpenAPI document shows them. */
export interface DocumentedBody {
  content: Record<string, { schema: TSchema }>;
}

/** A body that is JSON as the schema says, or one of the examples a line. */
export const jsonOrLines = (schema: TSchema, examples: readonly unknown[]): DocumentedBody => ({
  content: {
    'application/json': { schema },
    [NDJSON_TYPE]: {
      schema: Type.String({
        description: 'One item a line.',
        examples: [examples.map((example) => JSON.stringify(example)).join('\n')],
      }),
    },
  },
});

/** A body of bytes that tell their own shape. */
export const binarySchema = Type.String({ format: 'binary' });
