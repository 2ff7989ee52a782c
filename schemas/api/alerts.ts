import { type Static, Type } from 'typebox';

const texts = (description: string) => Type.Optional(Type.Record(Type.String(), Type.String(), { description }));
const time = (description: string, example: string) =>
  Type.Optional(Type.String({ format: 'date-time', description, examples: [example] }));

export const PostedAlertSchema = Type.Object({
  status: Type.Optional(Type.Union([Type.Literal('firing'), Type.Literal('resolved')])),
  labels: Type.Record(Type.String(), Type.String(), {
    description: '`service_id`, else `service`, else `job` names the service; `severity` decides the score.',
    examples: [{ alertname: 'HighCPU', service_id: 'payment-api', severity: 'critical' }],
  }),
  annotations: texts('For people.'),
  startsAt: time('With the fingerprint it names the episode; the time of receipt when absent.', '2026-04-10T12:00:00Z'),
  endsAt: time('The year 1 stands for open.', '0001-01-01T00:00:00Z'),
  generatorURL: Type.Optional(Type.String()),
  fingerprint: Type.Optional(Type.String({ description: 'Of the labels; computed from them when absent.' })),
});

/** What Alertmanager posts (version 4). Every field but `alerts` may be absent, others may be present. */
export const AlertNotificationSchema = Type.Object(
  {
    version: Type.Optional(Type.String({ examples: ['4'] })),
    groupKey: Type.Optional(Type.String()),
    truncatedAlerts: Type.Optional(Type.Integer({ description: 'Alerts the sender left out.' })),
    receiver: Type.Optional(Type.String()),
    status: Type.Optional(Type.String({ examples: ['firing'] })),
    alerts: Type.Array(PostedAlertSchema),
    groupLabels: texts('Labels the alerts are grouped by.'),
    commonLabels: texts('Labels all alerts share.'),
    commonAnnotations: texts('Annotations all alerts share.'),
    externalURL: Type.Optional(Type.String()),
  },
  {
    examples: [
      {
        alerts: [
          {
            status: 'firing',
            labels: { alertname: 'HighCPU', service_id: 'payment-api', severity: 'critical' },
            annotations: { summary: 'CPU above 85 %' },
            startsAt: '2026-04-10T12:00:00Z',
            endsAt: '0001-01-01T00:00:00Z',
          },
        ],
        groupLabels: { alertname: 'HighCPU' },
        commonLabels: { service_id: 'payment-api' },
      },
    ],
  },
);

export const AlertPathSchema = Type.Object({
  tenant: Type.String({ description: 'Any id of the organization.', examples: ['acme-corp'] }),
});

export const AlertAnswerSchema = Type.Object({
  status: Type.Literal('ok'),
  rca_triggered: Type.Boolean({ description: 'Whether an analysis of the root cause was started.' }),
  anomaly_id: Type.Union([Type.String(), Type.Null()], {
    description: 'Of the first alert; null without alerts.',
    examples: ['anom-7f3d8a90c1b2d3e4f5a60718'],
  }),
  anomaly_ids: Type.Array(Type.String(), { description: 'Extension: of every alert, in their order, each once.' }),
  ignored: Type.Integer({ description: 'Extension: elements of `alerts` that are no objects.' }),
});
export type AlertAnswer = Static<typeof AlertAnswerSchema>;
