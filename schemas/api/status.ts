import { type Static, Type } from 'typebox';

export const StatusSchema = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('degraded')], {
    description: '`degraded`: a component that belongs to this version does not work.',
  }),
  version: Type.String(),
  components: Type.Object({
    watchdog: Type.Union([Type.Literal('running'), Type.Literal('stalled'), Type.Literal('not_started')], {
      description:
        'What watches the series: `stalled` when it has saved nothing for five minutes, `not_started` when it never has.',
    }),
    vectorizer: Type.String({ description: '`not_installed`: this version has none.' }),
    rca: Type.String({ description: '`not_installed`: this version has none.' }),
    llm: Type.String({ description: '`not_installed`: this version has none.' }),
    clickhouse: Type.Union([Type.Literal('ok'), Type.Literal('unavailable')]),
  }),
  watchdog: Type.Object({
    last_run: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'When it last saved how far it has come; null: never.',
    }),
    metrics_monitored: Type.Union([Type.Integer(), Type.Null()], {
      description:
        'Series of the caller’s organizations in which something was measured within a day; null while that cannot be read.',
    }),
    anomalies_last_hour: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Of the caller’s organizations, alerts among them; null while that cannot be read.',
    }),
  }),
});
export type Status = Static<typeof StatusSchema>;
