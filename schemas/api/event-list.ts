import { type Static, Type } from 'typebox';
import { PageSchema, READ_LIMITS, SelectionFields } from './selection.ts';

export const EventListQuerySchema = Type.Object({
  ...SelectionFields,
  correlationId: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: READ_LIMITS.correlationIdLength,
      description: 'Extension: only events of this case.',
    }),
  ),
  page: PageSchema,
  pageSize: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: READ_LIMITS.eventPageSize,
      default: READ_LIMITS.defaultEventPageSize,
      description: 'Events on a page.',
    }),
  ),
});
export type EventListQuery = Static<typeof EventListQuerySchema>;

export const ListedEventSchema = Type.Object({
  id: Type.String({ examples: ['evt_8k3jF9xLm2nQ'] }),
  orgCode: Type.String(),
  capabilityCode: Type.String(),
  metricType: Type.String(),
  value: Type.Number(),
  timestamp: Type.String(),
  dimensions: Type.Record(Type.String(), Type.String(), { description: 'Extension.' }),
  correlationId: Type.Optional(Type.String({ description: 'Extension.' })),
});
export type ListedEvent = Static<typeof ListedEventSchema>;

export const EventListSchema = Type.Object({
  data: Type.Array(ListedEventSchema),
  meta: Type.Object({ page: Type.Integer(), pageSize: Type.Integer(), totalCount: Type.Integer() }),
});
export type EventList = Static<typeof EventListSchema>;
