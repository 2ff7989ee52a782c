import type { FromAvro } from '../avro.ts';

const series = [
  { name: 'subjectKind', type: { type: 'enum', name: 'SubjectKind', symbols: ['capability', 'service'] } },
  { name: 'subject', type: 'string' },
  { name: 'metric', type: 'string' },
] as const;

/**
 * What the stateful processors need to know beside measurements, in the same partitions and so in an order of its own with them: that time has
 * passed, and what the settings of a tenant are from here on. Times are milliseconds since the epoch, UTC.
 */
export const CONTROL_RECORD_SCHEMA = {
  type: 'record',
  name: 'ControlRecord',
  namespace: 'tidemark.control.v1',
  fields: [
    { name: 'at', type: 'long', doc: 'when it was written; time has come this far' },
    { name: 'tenant', type: 'string', default: '', doc: 'whose settings these are; empty: time has passed for all' },
    {
      name: 'settings',
      type: [
        'null',
        {
          type: 'record',
          name: 'TenantSettings',
          fields: [
            { name: 'revision', type: 'long', doc: 'grows with every change' },
            {
              name: 'slos',
              type: {
                type: 'array',
                items: {
                  type: 'record',
                  name: 'SloDefinition',
                  fields: [
                    { name: 'id', type: 'string' },
                    ...series,
                    {
                      name: 'dimensions',
                      type: { type: 'map', values: 'string' },
                      doc: 'only events with these values',
                    },
                    {
                      name: 'objective',
                      type: 'double',
                      doc: 'share of events that meet their target, 0 to 1 exclusive',
                    },
                    { name: 'windowDays', type: 'int', doc: 'of a rolling window; 0: calendar' },
                    {
                      name: 'calendar',
                      type: { type: 'enum', name: 'Calendar', symbols: ['none', 'week', 'month', 'quarter', 'year'] },
                    },
                    { name: 'timeZone', type: 'string', doc: 'IANA name' },
                    { name: 'minEvents', type: 'int', doc: 'fewer in a window raise no alert' },
                  ],
                },
              },
            },
            {
              name: 'flows',
              type: {
                type: 'array',
                items: {
                  type: 'record',
                  name: 'CaseFlow',
                  fields: [
                    { name: 'capability', type: 'string' },
                    {
                      name: 'endMilestones',
                      type: { type: 'array', items: 'string' },
                      doc: 'any of them ends a case; none: cases stay open',
                    },
                    { name: 'targetMs', type: ['null', 'long'], doc: 'from the first milestone to the end' },
                    {
                      name: 'deadlineDimension',
                      type: 'string',
                      doc: 'dimension of a milestone that holds the deadline (RFC 3339); empty: none',
                    },
                    {
                      name: 'stageTargetsMs',
                      type: { type: 'map', values: 'long' },
                      doc: 'by the milestone a stage begins with',
                    },
                    { name: 'stuckAfterMs', type: ['null', 'long'], doc: 'without a milestone' },
                    { name: 'pausesInMaintenance', type: 'boolean' },
                  ],
                },
              },
            },
            {
              name: 'maintenance',
              type: {
                type: 'array',
                items: {
                  type: 'record',
                  name: 'MaintenancePeriod',
                  fields: [
                    { name: 'id', type: 'string' },
                    {
                      name: 'subjects',
                      type: { type: 'array', items: 'string' },
                      doc: 'services and capabilities it is about',
                    },
                    { name: 'from', type: 'long', doc: 'inclusive' },
                    { name: 'to', type: 'long', doc: 'exclusive' },
                    { name: 'excludeFromSla', type: 'boolean' },
                    { name: 'suppressAlerts', type: 'boolean' },
                  ],
                },
              },
            },
          ],
        },
      ],
      default: null,
    },
  ],
} as const;

export type ControlRecord = FromAvro<typeof CONTROL_RECORD_SCHEMA>;
export type TenantSettings = NonNullable<ControlRecord['settings']>;
export type SloDefinition = TenantSettings['slos'][number];
export type CaseFlow = TenantSettings['flows'][number];
export type MaintenancePeriod = TenantSettings['maintenance'][number];

/** Of a tenant that set nothing. */
export const NO_SETTINGS: TenantSettings = { revision: 0, slos: [], flows: [], maintenance: [] };
/** The end of a period that goes on until somebody ends it. */
export const OPEN_END = 253_402_300_799_999;
