import type { ClickHouse } from '../../platform/clickhouse.ts';

/** Milliseconds since the epoch; `to` exclusive. */
export interface Range {
  from: number;
  to: number;
}

/** Events of one metric that have a target. */
export interface MetricOutcome {
  tenant: string;
  capability: string;
  metric: string;
  events: number;
  met: number;
  /** Share of the events that met it. */
  compliance: number;
}

/** How many of one kind, by what they are about. */
export interface CountOutcome {
  tenant: string;
  /** Id of the SLO, series of the anomaly, capability of the case. */
  subject: string;
  kind: string;
  count: number;
}

/** What one fold of the log has left about a span of event time. */
export interface Outcome {
  metrics: MetricOutcome[];
  /** Alarms that were in force for some of the time. */
  slos: CountOutcome[];
  /** Anomalies that began and were not withdrawn. */
  anomalies: CountOutcome[];
  /** Cases that were open for some of the time, by their status and risk in the end. */
  cases: CountOutcome[];
}

const toTime = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

const metricsQuery = `
  SELECT tenant, capability, metric, count(sla_target) AS events, countIf(value <= sla_target) AS met, met / events AS compliance
  FROM events
  WHERE at >= ${toTime('from')} AND at < ${toTime('to')} AND sla_target IS NOT NULL
  GROUP BY tenant, capability, metric
  ORDER BY tenant, capability, metric`;

const slosQuery = `
  SELECT tenant, slo_id AS subject, kind, count() AS count
  FROM slo_events FINAL
  WHERE started_at < ${toTime('to')} AND (ended_at >= ${toTime('from')} OR toUnixTimestamp(ended_at) = 0)
  GROUP BY tenant, subject, kind
  ORDER BY tenant, subject, kind`;

const anomaliesQuery = `
  SELECT tenant, series AS subject, name AS kind, count() AS count
  FROM (
    SELECT tenant, concat(subject, ' ', metric) AS series, toString(kind) AS name
    FROM anomalies FINAL
    WHERE starts_at >= ${toTime('from')} AND starts_at < ${toTime('to')} AND reason <> 'withdrawn'
  )
  GROUP BY tenant, series, name
  ORDER BY tenant, series, name`;

const casesQuery = `
  SELECT tenant, capability AS subject, if(is_stuck, 'stuck', toString(risk)) AS kind, count() AS count
  FROM cases FINAL
  WHERE opened_at < ${toTime('to')} AND (closed_at >= ${toTime('from')} OR toUnixTimestamp64Milli(closed_at) = 0)
  GROUP BY tenant, subject, kind
  ORDER BY tenant, subject, kind`;

/** Reads a scratch database, which holds only what was asked for. */
export async function readOutcome(clickhouse: ClickHouse, range: Range): Promise<Outcome> {
  const params = { ...range };
  const [metrics, slos, anomalies, cases] = await Promise.all([
    clickhouse.select<MetricOutcome>(metricsQuery, params),
    clickhouse.select<CountOutcome>(slosQuery, params),
    clickhouse.select<CountOutcome>(anomaliesQuery, params),
    clickhouse.select<CountOutcome>(casesQuery, params),
  ]);
  return { metrics, slos, anomalies, cases };
}
