-- Telemetry: points, logs, deployments, calls between services, alerts. Raw rows carry their position in the log of their topic.
-- Points and logs feed the rollups of measurements: those of a service, of its metric, and of `logs.<level>`. Metric names that begin so are
-- reserved: a point of such a name is kept and not rolled up, else its cells were those of the logs.
-- `measured`: what counts as measurement, null for nothing. `samples` and `weights`: the values a histogram stands for, both empty for a point.
-- `carries`: the point became the total its series goes on from.
CREATE TABLE IF NOT EXISTS points
(
    tenant        LowCardinality(String),
    service       LowCardinality(String),
    metric        LowCardinality(String),
    unit          LowCardinality(String),
    kind          Enum8('gauge' = 1, 'delta' = 2, 'cumulative' = 3),
    series        UInt64,
    at            DateTime64(3, 'UTC'),
    start_at      DateTime64(3, 'UTC'),
    value         Float64,
    measured      Nullable(Float64),
    labels        Map(LowCardinality(String), String),
    unrolled      Array(LowCardinality(String)),
    bounds        Array(Float64),
    counts        Array(Float64),
    samples       Array(Float64),
    weights       Array(UInt64),
    carries       Bool,
    batch_id      String,
    repeatable    Bool,
    received_at   DateTime64(3, 'UTC'),
    expires_at    DateTime('UTC'),
    log_partition UInt16,
    log_offset    UInt64,
    log_index     UInt16
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, at, service, metric)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000;

-- A word is looked for without regard to case.
CREATE TABLE IF NOT EXISTS logs
(
    tenant        LowCardinality(String),
    service       LowCardinality(String),
    level         Enum8('debug' = 1, 'info' = 2, 'warn' = 3, 'error' = 4, 'fatal' = 5),
    at            DateTime64(3, 'UTC'),
    message       String,
    trace_id      String,
    span_id       String,
    metadata      Map(LowCardinality(String), String),
    log_id        String,
    batch_id      String,
    repeatable    Bool,
    received_at   DateTime64(3, 'UTC'),
    expires_at    DateTime('UTC'),
    log_partition UInt16,
    log_offset    UInt64,
    log_index     UInt16,
    INDEX message_text lower(message) TYPE text(tokenizer = 'splitByNonAlpha'),
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, at, service)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000;

-- Rows of the next three tables replace themselves: storing one again changes nothing. Read with FINAL or by id.
CREATE TABLE IF NOT EXISTS deployments
(
    tenant        LowCardinality(String),
    service       LowCardinality(String),
    version       String,
    environment   LowCardinality(String),
    git_hash      String,
    at            DateTime64(3, 'UTC'),
    metadata      Map(LowCardinality(String), String),
    id            String,
    batch_id      String,
    repeatable    Bool,
    received_at   DateTime64(3, 'UTC'),
    expires_at    DateTime('UTC'),
    log_partition UInt16,
    log_offset    UInt64,
    log_index     UInt16
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(at)
ORDER BY (tenant, service, at, id)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 1000;

-- One row an edge, minute and batch: sums are taken when it is read.
CREATE TABLE IF NOT EXISTS service_edges
(
    tenant        LowCardinality(String),
    caller        LowCardinality(String),
    callee        LowCardinality(String),
    at            DateTime64(3, 'UTC'),
    calls         UInt64,
    errors        UInt64,
    duration_ms   Float64,
    batch_id      String,
    repeatable    Bool,
    received_at   DateTime64(3, 'UTC'),
    expires_at    DateTime('UTC'),
    log_partition UInt16,
    log_offset    UInt64,
    log_index     UInt16
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, at, caller, callee, batch_id, log_index)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 1000;

-- The episode of an alert as it was last told of; what was resolved stays so. Without partitions: senders choose the times, and an insert into
-- more than a hundred months would be refused again and again.
CREATE TABLE IF NOT EXISTS alerts
(
    tenant        LowCardinality(String),
    kind          Enum8('alert' = 1, 'statistical' = 2) DEFAULT 'alert',
    id            String,
    fingerprint   String,
    status        Enum8('firing' = 1, 'resolved' = 2),
    service       LowCardinality(String),
    name          LowCardinality(String),
    starts_at     DateTime64(3, 'UTC'),
    ends_at       DateTime64(3, 'UTC'),
    score         Float64,
    muted_by      String,
    labels        Map(LowCardinality(String), String),
    annotations   Map(LowCardinality(String), String),
    generator_url String,
    truncated     UInt64,
    version       UInt64,
    batch_id      String,
    repeatable    Bool,
    received_at   DateTime64(3, 'UTC'),
    expires_at    DateTime('UTC'),
    log_partition UInt16,
    log_offset    UInt64,
    log_index     UInt16
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, starts_at, id)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 1000;

-- Ids of batches that can be repeated; see event_ids. Offsets are those of the topic.
CREATE TABLE IF NOT EXISTS batch_ids
(
    tenant        LowCardinality(String),
    topic         LowCardinality(String),
    batch_id      String,
    received_at   DateTime64(3, 'UTC'),
    log_partition UInt16,
    log_offset    UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(received_at)
ORDER BY (tenant, topic, batch_id)
TTL toDateTime(received_at) + INTERVAL 9 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

-- What each cumulative series went on from, by position in the log: looked up when a process knows nothing of a series yet. Kept like event_ids.
CREATE TABLE IF NOT EXISTS series_totals
(
    tenant        LowCardinality(String),
    series        UInt64,
    at            DateTime64(3, 'UTC'),
    start_at      DateTime64(3, 'UTC'),
    value         Float64,
    counts        Array(Float64),
    received_at   DateTime64(3, 'UTC'),
    log_partition UInt16,
    log_offset    UInt64,
    log_index     UInt16
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(received_at)
ORDER BY (tenant, series, log_offset)
TTL toDateTime(received_at) + INTERVAL 9 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS series_totals_mv TO series_totals AS
SELECT tenant, series, at, start_at, value, counts, received_at, log_partition, log_offset, log_index
FROM points AS p
WHERE carries;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_1m_points_mv TO measurements_1m AS
SELECT
    tenant,
    'service' AS subject_kind,
    service AS subject,
    metric,
    toStartOfMinute(p.at) AS at,
    count() AS count,
    sum(assumeNotNull(measured)) AS sum,
    min(assumeNotNull(measured)) AS min,
    max(assumeNotNull(measured)) AS max,
    quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(assumeNotNull(measured)) AS quantiles,
    toUInt64(0) AS sla_met,
    toUInt64(0) AS sla_total,
    max(p.expires_at) AS expires_at
FROM points AS p
WHERE isNotNull(measured) AND empty(weights) AND NOT startsWith(metric, 'logs.')
GROUP BY tenant, subject, metric, at;

-- The state of weighted values is written as that of single ones is: only its type has another name, so it goes through its bytes.
CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_1m_histograms_mv TO measurements_1m AS
SELECT
    tenant,
    'service' AS subject_kind,
    service AS subject,
    metric,
    toStartOfMinute(p.at) AS at,
    sum(arraySum(weights)) AS count,
    sum(assumeNotNull(measured)) AS sum,
    min(arrayMin(samples)) AS min,
    max(arrayMax(samples)) AS max,
    CAST(CAST(quantilesBFloat16WeightedArrayState(0.5, 0.9, 0.95, 0.99)(samples, weights) AS String) AS AggregateFunction(quantilesBFloat16(0.5, 0.9, 0.95, 0.99), Float64)) AS quantiles,
    toUInt64(0) AS sla_met,
    toUInt64(0) AS sla_total,
    max(p.expires_at) AS expires_at
FROM points AS p
WHERE notEmpty(weights) AND NOT startsWith(metric, 'logs.')
GROUP BY tenant, subject, metric, at;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_by_labels_1h_mv TO measurements_by_dimensions_1h AS
SELECT
    tenant,
    'service' AS subject_kind,
    service AS subject,
    metric,
    toStartOfHour(p.at) AS at,
    p.labels AS dimensions,
    count() AS count,
    sum(assumeNotNull(measured)) AS sum,
    min(assumeNotNull(measured)) AS min,
    max(assumeNotNull(measured)) AS max,
    quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(assumeNotNull(measured)) AS quantiles,
    toUInt64(0) AS sla_met,
    toUInt64(0) AS sla_total,
    max(p.expires_at) AS expires_at
FROM points AS p
WHERE isNotNull(measured) AND empty(weights) AND NOT startsWith(metric, 'logs.') AND empty(unrolled)
GROUP BY tenant, subject, metric, at, dimensions;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_by_rolled_labels_1h_mv TO measurements_by_dimensions_1h AS
SELECT
    tenant,
    'service' AS subject_kind,
    service AS subject,
    metric,
    toStartOfHour(p.at) AS at,
    mapApply((k, v) -> (k, if(has(unrolled, k), '…', v)), p.labels) AS dimensions,
    count() AS count,
    sum(assumeNotNull(measured)) AS sum,
    min(assumeNotNull(measured)) AS min,
    max(assumeNotNull(measured)) AS max,
    quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(assumeNotNull(measured)) AS quantiles,
    toUInt64(0) AS sla_met,
    toUInt64(0) AS sla_total,
    max(p.expires_at) AS expires_at
FROM points AS p
WHERE isNotNull(measured) AND empty(weights) AND NOT startsWith(metric, 'logs.') AND notEmpty(unrolled)
GROUP BY tenant, subject, metric, at, dimensions;

CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_by_labels_histograms_1h_mv TO measurements_by_dimensions_1h AS
SELECT
    tenant,
    'service' AS subject_kind,
    service AS subject,
    metric,
    toStartOfHour(p.at) AS at,
    mapApply((k, v) -> (k, if(has(unrolled, k), '…', v)), p.labels) AS dimensions,
    sum(arraySum(weights)) AS count,
    sum(assumeNotNull(measured)) AS sum,
    min(arrayMin(samples)) AS min,
    max(arrayMax(samples)) AS max,
    CAST(CAST(quantilesBFloat16WeightedArrayState(0.5, 0.9, 0.95, 0.99)(samples, weights) AS String) AS AggregateFunction(quantilesBFloat16(0.5, 0.9, 0.95, 0.99), Float64)) AS quantiles,
    toUInt64(0) AS sla_met,
    toUInt64(0) AS sla_total,
    max(p.expires_at) AS expires_at
FROM points AS p
WHERE notEmpty(weights) AND NOT startsWith(metric, 'logs.')
GROUP BY tenant, subject, metric, at, dimensions;

-- A log event is a measurement of 1: count and sum are the number of events.
CREATE MATERIALIZED VIEW IF NOT EXISTS measurements_1m_logs_mv TO measurements_1m AS
SELECT
    tenant,
    'service' AS subject_kind,
    service AS subject,
    concat('logs.', toString(level)) AS metric,
    toStartOfMinute(l.at) AS at,
    count() AS count,
    toFloat64(count()) AS sum,
    toFloat64(1) AS min,
    toFloat64(1) AS max,
    quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(toFloat64(1)) AS quantiles,
    toUInt64(0) AS sla_met,
    toUInt64(0) AS sla_total,
    max(l.expires_at) AS expires_at
FROM logs AS l
GROUP BY tenant, subject, metric, at;

CREATE MATERIALIZED VIEW IF NOT EXISTS batch_ids_points_mv TO batch_ids AS
SELECT tenant, 'metrics' AS topic, batch_id, received_at, log_partition, log_offset
FROM points AS b
WHERE repeatable
GROUP BY tenant, batch_id, received_at, log_partition, log_offset;

CREATE MATERIALIZED VIEW IF NOT EXISTS batch_ids_logs_mv TO batch_ids AS
SELECT tenant, 'logs' AS topic, batch_id, received_at, log_partition, log_offset
FROM logs AS b
WHERE repeatable
GROUP BY tenant, batch_id, received_at, log_partition, log_offset;

CREATE MATERIALIZED VIEW IF NOT EXISTS batch_ids_deployments_mv TO batch_ids AS
SELECT tenant, 'deployments' AS topic, batch_id, received_at, log_partition, log_offset
FROM deployments AS b
WHERE repeatable
GROUP BY tenant, batch_id, received_at, log_partition, log_offset;

CREATE MATERIALIZED VIEW IF NOT EXISTS batch_ids_edges_mv TO batch_ids AS
SELECT tenant, 'edges' AS topic, batch_id, received_at, log_partition, log_offset
FROM service_edges AS b
WHERE repeatable
GROUP BY tenant, batch_id, received_at, log_partition, log_offset;

CREATE MATERIALIZED VIEW IF NOT EXISTS batch_ids_alerts_mv TO batch_ids AS
SELECT tenant, 'alerts' AS topic, batch_id, received_at, log_partition, log_offset
FROM alerts AS b
WHERE repeatable
GROUP BY tenant, batch_id, received_at, log_partition, log_offset;
