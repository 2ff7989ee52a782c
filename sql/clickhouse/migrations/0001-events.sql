-- Raw business events, one row each, and the rollups of measurements: 1 minute -> 1 hour -> 1 day, fed by chained views.
-- Every statement may run again: a half-applied migration is repeated from its start.
-- Every table a view writes to has its own deduplication window, else a repeated insert is counted twice in it.
-- Small granules in the rollups: a state is kilobytes, and a query that wants 30 of them would decode every other one of the granule.
CREATE TABLE IF NOT EXISTS events
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

CREATE TABLE IF NOT EXISTS measurements_1m
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
    quantiles    AggregateFunction(quantilesBFloat16(0.5, 0.9, 0.95, 0.99), Float64),
    sla_met      SimpleAggregateFunction(sum, UInt64),
    sla_total    SimpleAggregateFunction(sum, UInt64),
    expires_at   SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, subject_kind, subject, metric, at)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 256;

CREATE TABLE IF NOT EXISTS measurements_1h AS measurements_1m
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, subject_kind, subject, metric, at)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 64;

CREATE TABLE IF NOT EXISTS measurements_1d AS measurements_1m
ENGINE = AggregatingMergeTree
PARTITION BY toYear(at)
ORDER BY (tenant, subject_kind, subject, metric, at)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 64;

-- A dimension listed in `unrolled` has too many values to be kept apart: all of them are the one value '…'.
CREATE TABLE IF NOT EXISTS measurements_by_dimensions_1h
(
    tenant       LowCardinality(String),
    subject_kind Enum8('capability' = 1, 'service' = 2),
    subject      LowCardinality(String),
    metric       LowCardinality(String),
    at           DateTime('UTC'),
    dimensions   Map(LowCardinality(String), String),
    count        SimpleAggregateFunction(sum, UInt64),
    sum          SimpleAggregateFunction(sum, Float64),
    min          SimpleAggregateFunction(min, Float64),
    max          SimpleAggregateFunction(max, Float64),
    quantiles    AggregateFunction(quantilesBFloat16(0.5, 0.9, 0.95, 0.99), Float64),
    sla_met      SimpleAggregateFunction(sum, UInt64),
    sla_total    SimpleAggregateFunction(sum, UInt64),
    expires_at   SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, subject_kind, subject, metric, at, dimensions)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 256;

CREATE TABLE IF NOT EXISTS measurements_by_dimensions_1d AS measurements_by_dimensions_1h
ENGINE = AggregatingMergeTree
PARTITION BY toYear(at)
ORDER BY (tenant, subject_kind, subject, metric, at, dimensions)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 64;

-- Only ids given by clients, where a repeat is possible; looked up when a later range of the log is planned. A range may be replayed as
-- long as the log keeps it (7 days) and looks back 24 hours, so ids are kept longer than both together.
CREATE TABLE IF NOT EXISTS event_ids
(
    tenant        LowCardinality(String),
    event_id      String,
    received_at   DateTime64(3, 'UTC'),
    log_partition UInt16,
    log_offset    UInt64,
    log_index     UInt16
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(received_at)
ORDER BY (tenant, event_id)
TTL toDateTime(received_at) + INTERVAL 9 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

-- Every view names its source `<table> AS <letter>`: a repair runs the same SELECT over a part of it.
CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_1m_mv TO measurements_1m AS
SELECT
    tenant,
    'capability' AS subject_kind,
    capability AS subject,
    metric,
    toStartOfMinute(e.at) AS at,
    count() AS count,
    sum(value) AS sum,
    min(value) AS min,
    max(value) AS max,
    quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(value) AS quantiles,
    countIf(value <= sla_target) AS sla_met,
    count(sla_target) AS sla_total,
    max(e.expires_at) AS expires_at
FROM events AS e
GROUP BY tenant, subject, metric, at;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_1h_mv TO measurements_1h AS
SELECT
    tenant,
    subject_kind,
    subject,
    metric,
    toStartOfHour(m.at) AS at,
    sum(m.count) AS count,
    sum(m.sum) AS sum,
    min(m.min) AS min,
    max(m.max) AS max,
    quantilesBFloat16MergeState(0.5, 0.9, 0.95, 0.99)(m.quantiles) AS quantiles,
    sum(m.sla_met) AS sla_met,
    sum(m.sla_total) AS sla_total,
    max(m.expires_at) AS expires_at
FROM measurements_1m AS m
GROUP BY tenant, subject_kind, subject, metric, at;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_1d_mv TO measurements_1d AS
SELECT
    tenant,
    subject_kind,
    subject,
    metric,
    toDateTime(toStartOfDay(m.at)) AS at,
    sum(m.count) AS count,
    sum(m.sum) AS sum,
    min(m.min) AS min,
    max(m.max) AS max,
    quantilesBFloat16MergeState(0.5, 0.9, 0.95, 0.99)(m.quantiles) AS quantiles,
    sum(m.sla_met) AS sla_met,
    sum(m.sla_total) AS sla_total,
    max(m.expires_at) AS expires_at
FROM measurements_1h AS m
GROUP BY tenant, subject_kind, subject, metric, at;

-- Two views, because the mapping of the second costs 1.1 us an event and is rarely needed.
CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_by_dimensions_1h_mv TO measurements_by_dimensions_1h AS
SELECT
    tenant,
    'capability' AS subject_kind,
    capability AS subject,
    metric,
    toStartOfHour(e.at) AS at,
    e.dimensions AS dimensions,
    count() AS count,
    sum(value) AS sum,
    min(value) AS min,
    max(value) AS max,
    quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(value) AS quantiles,
    countIf(value <= sla_target) AS sla_met,
    count(sla_target) AS sla_total,
    max(e.expires_at) AS expires_at
FROM events AS e
WHERE empty(unrolled)
GROUP BY tenant, subject, metric, at, dimensions;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_by_rolled_dimensions_1h_mv TO measurements_by_dimensions_1h AS
SELECT
    tenant,
    'capability' AS subject_kind,
    capability AS subject,
    metric,
    toStartOfHour(e.at) AS at,
    mapApply((k, v) -> (k, if(has(unrolled, k), '…', v)), e.dimensions) AS dimensions,
    count() AS count,
    sum(value) AS sum,
    min(value) AS min,
    max(value) AS max,
    quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(value) AS quantiles,
    countIf(value <= sla_target) AS sla_met,
    count(sla_target) AS sla_total,
    max(e.expires_at) AS expires_at
FROM events AS e
WHERE notEmpty(unrolled)
GROUP BY tenant, subject, metric, at, dimensions;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_by_dimensions_1d_mv TO measurements_by_dimensions_1d AS
SELECT
    tenant,
    subject_kind,
    subject,
    metric,
    toDateTime(toStartOfDay(m.at)) AS at,
    m.dimensions AS dimensions,
    sum(m.count) AS count,
    sum(m.sum) AS sum,
    min(m.min) AS min,
    max(m.max) AS max,
    quantilesBFloat16MergeState(0.5, 0.9, 0.95, 0.99)(m.quantiles) AS quantiles,
    sum(m.sla_met) AS sla_met,
    sum(m.sla_total) AS sla_total,
    max(m.expires_at) AS expires_at
FROM measurements_by_dimensions_1h AS m
GROUP BY tenant, subject_kind, subject, metric, at, dimensions;

CREATE MATERIALIZED VIEW IF NOT EXISTS event_ids_mv TO event_ids AS
SELECT tenant, event_id, received_at, log_partition, log_offset, log_index
FROM events AS e
WHERE client_id;
