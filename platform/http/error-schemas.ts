import { Type } from 'typebox';
import type { Family } from './route-config.ts';

const code = Type.String({
  pattern: '^[a-z][a-z0-9_]*$',
  description: 'Stable, for programs.',
  examples: ['not_found'],
});
const message = Type.String({ minLength: 1, description: 'For people.' });
const issue = Type.Object({ field: Type.String(), issue: Type.String() }, { additionalProperties: false });

const envelopeM = Type.Object(
  {
    error: Type.Object(
      {
        code,
        message,
        details: Type.Optional(Type.Array(issue)),
        retryAfter: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds.' })),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
const envelopeS = Type.Object(
  { error: message, request_id: Type.Optional(Type.String()) },
  { additionalProperties: false },
);
const envelopeT = Type.Object({ statusCode: Type.Integer(), message }, { additionalProperties: false });
const envelopeA = Type.Object(
  { error: Type.Object({ code, message }, { additionalProperties: false }) },
  { additionalProperties: false },
);
const envelopeO = Type.Object(
  { code: Type.Integer({ description: 'Of google.rpc.Code.' }), message },
  { additionalProperties: false },
);

/** The shape of every error of a family, as {@link renderError} makes it. */
export const ERROR_SCHEMAS: Readonly<Record<Family, object>> = {
  M: { ...envelopeM, description: 'Any error.' },
  S: { ...envelopeS, description: 'Any error; `request_id` with 5xx.' },
  T: { ...envelopeT, description: 'Any error.' },
  A: { ...envelopeA, description: 'Any error.' },
  O: { ...envelopeO, description: 'Any error, as google.rpc.Status; in Protobuf to a request in Protobuf.' },
};
