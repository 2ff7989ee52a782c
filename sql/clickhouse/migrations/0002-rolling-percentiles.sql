-- Percentiles over sliding windows, told at each minute at which they changed: a row holds until the next one of its window.
-- Written again by whoever folds the log again: rows of one key and revision are equal, the largest revision counts. Read with argMax: a later revision
-- counts more events. A tenant on several partitions of the log has rows of each.
CREATE TABLE IF NOT EXISTS rolling_percentiles
(
    tenant        LowCardinality(String),
    subject_kind  Enum8('capability' = 1, 'service' = 2),
    subject       LowCardinality(String),
    metric        LowCardinality(String),
    window        Enum8('5m' = 1, '1h' = 2, '24h' = 3),
    at            DateTime('UTC'),
    window_start  DateTime('UTC'),
    count         UInt64,
    p50           Float64,
    p90           Float64,
    p95           Float64,
    p99           Float64,
    revision      UInt16,
    expires_at    DateTime('UTC'),
    log_partition UInt16
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, subject_kind, subject, metric, window, at, log_partition)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 1024;
