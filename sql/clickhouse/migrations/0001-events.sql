-- Raw business events and the rollups of measurements: 1 minute -> 1 hour -> 1 day, fed by chained views.
-- {engine:...} placeholders are filled by the migration runner: MergeTree family on one server, Replicated* in a cluster.
CREATE TABLE events
(
    tenant         LowCardinality(String),
    capability     LowCardinality(String),
    metric         LowCardinality(String),
    at             DateTime64(3, 'UTC'),
    value          Float64,
    dimensions     Map(LowCardinality(String), String),
    unrolled       Array(LowCardinality(String)),
    correlation_id String,
    sla_target     Nullable(Float64),
    event_id       String,
    client_id      Bool,
    received_at    DateTime64(3, 'UTC'),
    expires_at     DateTime('UTC'),
    log_partition  UInt16,
    log_offset     UInt64,
    log_index      UInt16
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, at, capability, metric)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE measurements_1m
(
    tenant       LowCardinality(String),
    subject_kind Enum8('capability' = 1, 'service' = 2),
    subject      LowCardinality(String),
    metric       LowCardinality(String),
    at           DateTime('UTC'),
    count        SimpleAggregateFunction(sum, UInt64),
    sum          SimpleAggregateFunction(sum, Float64),
    min          SimpleAggregateFunction(min, Float64),
    max          SimpleAggregateFunction(max, Float64),
    quantiles    AggregateFunction(quantilesDD(0.01, 0.5, 0.9, 0.95, 0.99), Float64),
    sla_met      SimpleAggregateFunction(sum, UInt64),
    sla_total    SimpleAggregateFunction(sum, UInt64),
    expires_at   SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, subject_kind, subject, metric, at)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000;
-- measurements_1h, measurements_1d: the same columns.
-- measurements_by_dimensions_1h: the same plus `dimensions Map(LowCardinality(String), String)` as last key column
--   (unrolled names carry the value '\u2026').
-- event_ids (tenant, event_id, log_partition, log_offset, log_index, received_at), only client-given ids, kept 2 days.
