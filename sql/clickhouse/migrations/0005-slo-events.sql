-- Alarms of SLOs: breaches of their objective, and error budgets that are spent fast or slowly too fast. A row an alarm, as it was last told of.
-- Written again by whoever folds the log again: rows of one alarm and revision are equal, the largest revision counts. Read with FINAL. A tenant on
-- several partitions of the log has rows of each. `ended_at`: 1970 while it is open.
CREATE TABLE IF NOT EXISTS slo_events
(
    tenant        LowCardinality(String),
    slo_id        String,
    kind          LowCardinality(String),
    id            String,
    status        LowCardinality(String),
    reason        LowCardinality(String),
    subject_kind  Enum8('capability' = 1, 'service' = 2),
    subject       LowCardinality(String),
    metric        LowCardinality(String),
    started_at    DateTime('UTC'),
    at            DateTime('UTC'),
    ended_at      DateTime('UTC'),
    window_from   DateTime('UTC'),
    objective     Float64,
    events        UInt64,
    bad           UInt64,
    burn_short    Float64,
    burn_long     Float64,
    threshold     Float64,
    muted_by      String,
    revision      UInt16,
    expires_at    DateTime('UTC'),
    log_partition UInt16
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYear(started_at)
ORDER BY (tenant, slo_id, started_at, kind, log_partition)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 1024;
