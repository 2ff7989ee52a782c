-- Cases as they stood when they were last told of: rows of one key and revision are equal, the largest revision counts. Read with FINAL.
-- A case that goes on after it was forgotten is another episode; a tenant on several partitions of the log has cases of each. Without partitions: their
-- first milestone may turn out to be an earlier one.
-- `milestone`: the end of a closed case, else what its present stage began with, at `last_at`. Instants are 0 where there are none. `target_ms` is below 0
-- where the deadline came before the case. `active_ms`, `stage_ms`: without pauses, up to that milestone, and to each from the one before.
-- `stage_count`: so many of the stages are those of the case; milestones after its end belong to none.
CREATE TABLE IF NOT EXISTS cases
(
    tenant          LowCardinality(String),
    capability      LowCardinality(String),
    correlation_id  String,
    log_partition   UInt16,
    episode         UInt64,
    revision        UInt64,
    status          Enum8('open' = 1, 'closed' = 2, 'abandoned' = 3),
    risk            Enum8('none' = 1, 'at_risk' = 2, 'breached' = 3),
    is_stuck        Bool,
    milestone       LowCardinality(String),
    opened_at       DateTime64(3, 'UTC'),
    last_at         DateTime64(3, 'UTC'),
    closed_at       DateTime64(3, 'UTC'),
    target_ms       Nullable(Float64),
    due_at          DateTime64(3, 'UTC'),
    stage_due_at    DateTime64(3, 'UTC'),
    active_ms       Float64,
    told_at         DateTime64(3, 'UTC'),
    expires_at      DateTime('UTC'),
    milestone_count UInt64,
    stage_count     UInt16,
    milestones      Array(LowCardinality(String)),
    milestone_ats   Array(DateTime64(3, 'UTC')),
    stage_ms        Array(Float64)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, capability, correlation_id, log_partition, episode)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 1000;
