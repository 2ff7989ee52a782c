import type { ClickHouse } from '../../platform/clickhouse.ts';

/** What is left of `rolling_percentiles` when of each key the largest revision stays, as {@link expectedRolled} says it. Throws when rows of one revision differ. */
export async function readRolled(clickhouse: ClickHouse): Promise<Map<string, string>> {
  const rows = await clickhouse.select<{ name: string; texts: number; last: number[] }>(
    `SELECT name, argMax(text, revision) AS last, uniqExact(revision, text) - uniqExact(revision) AS texts
    FROM (
      SELECT concat(tenant, ' ', subject, ' ', metric, ' ', toString(window), ' ', toString(toUnixTimestamp(at))) AS name, revision,
        [toFloat64(toUnixTimestamp(window_start)), toFloat64(count), p50, p90, p95, p99] AS text
      FROM rolling_percentiles
    ) GROUP BY name`,
  );
  for (const { name, texts } of rows) if (texts > 0) throw new Error(`rows of one revision of ${name} differ`);
  return new Map(rows.map(({ name, last }) => [name, last.join(' ')]));
}
