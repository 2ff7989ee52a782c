import type { FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { ApiError } from '../../platform/errors.ts';

type Validate = (data: unknown) => { error?: ApiError };

/** What is wrong with the shape of a body that was put together from lines. */
export function shapeErrorOfItems(request: FastifyRequest, schema: TSchema, body: unknown): ApiError | undefined {
  // Compiled once a route; it is what the server's own validator compiler made.
  const validate = (request.getValidationFunction(schema) ??
    request.compileValidationSchema(schema)) as unknown as Validate;
  return validate(body).error;
}
