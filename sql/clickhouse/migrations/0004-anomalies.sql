-- Anomalies of series, from their start to their end. Told again whenever something of one changes: rows of one id and revision are equal, the largest
-- revision counts. Read with FINAL. A tenant on several partitions of the log has anomalies of each.
-- `at`, value to probability: of the point that raised it, or of a later one that was twice as far off. `points`, baseline: what had been learned by then.
-- ends_at 0: it goes on. `detected_at`: of one id always the same. Without partitions: an insert of history may concern more than a hundred months.
CREATE TABLE IF NOT EXISTS anomalies
(
    tenant         LowCardinality(String),
    id             String,
    kind           Enum8('statistical' = 1, 'missing_data' = 2),
    subject_kind   LowCardinality(String),
    subject        LowCardinality(String),
    metric         LowCardinality(String),
    status         Enum8('open' = 1, 'resolved' = 2),
    reason         Enum8('' = 1, 'withdrawn' = 2, 'back_to_expected' = 3, 'shift_learned' = 4, 'data_came_back' = 5, 'given_up' = 6),
    direction      Enum8('above' = 1, 'below' = 2),
    evidence       Enum8('season' = 1, 'sustained' = 2, 'roughness' = 3, 'level' = 4, 'residual' = 5, 'difference' = 6, 'silence' = 7),
    is_provisional Bool,
    starts_at      DateTime64(3, 'UTC'),
    ends_at        DateTime64(3, 'UTC'),
    detected_at    DateTime64(3, 'UTC'),
    at             DateTime64(3, 'UTC'),
    value          Float64,
    expected       Float64,
    low            Float64,
    high           Float64,
    z_score        Float64,
    anomaly_score  Float64,
    probability    Float64,
    points         UInt64,
    baseline_from  DateTime64(3, 'UTC'),
    baseline_to    DateTime64(3, 'UTC'),
    muted_by       String,
    revision       UInt16,
    expires_at     DateTime('UTC'),
    log_partition  UInt16
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, detected_at, id)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 1024;
