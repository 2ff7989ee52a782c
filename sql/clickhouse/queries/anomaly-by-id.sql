-- The anomaly of one id: at most one row for each tenant, as in anomalies; `finding` is empty for an alert, else at, expected, low, high, value, probability,
-- points, baseline from and to (times in milliseconds).
SELECT
    tenant, id, 'alert' AS kind, if(service = '', '', 'service') AS subjectKind, toString(service) AS subject, toString(name) AS name, score,
    NULL AS zScore, status = 'resolved' AS isResolved, '' AS reason, '' AS direction, muted_by AS mutedBy, labels, annotations,
    generator_url AS generatorUrl, truncated, toUnixTimestamp64Milli(starts_at) AS detectedAtMs,
    toUnixTimestamp64Milli(starts_at) AS startsAtMs, toUnixTimestamp64Milli(ends_at) AS endsAtMs,
    '' AS evidence, false AS isProvisional, [] :: Array(Float64) AS finding
FROM alerts FINAL
WHERE tenant IN {tenants:Array(String)} AND id = {id:String}
UNION ALL
SELECT
    tenant, id, toString(kind) AS kind, toString(subject_kind) AS subjectKind, toString(subject) AS subject, toString(metric) AS name,
    anomaly_score AS score, z_score AS zScore, status = 'resolved' AS isResolved, toString(reason) AS reason, toString(direction) AS direction,
    muted_by AS mutedBy, map() AS labels, map() AS annotations, '' AS generatorUrl, 0 AS truncated,
    toUnixTimestamp64Milli(detected_at) AS detectedAtMs, toUnixTimestamp64Milli(starts_at) AS startsAtMs, toUnixTimestamp64Milli(ends_at) AS endsAtMs,
    toString(evidence) AS evidence, is_provisional AS isProvisional,
    [
        toFloat64(toUnixTimestamp64Milli(at)), expected, low, high, value, probability, toFloat64(points),
        toFloat64(toUnixTimestamp64Milli(baseline_from)), toFloat64(toUnixTimestamp64Milli(baseline_to))
    ] AS finding
FROM anomalies FINAL
WHERE tenant IN {tenants:Array(String)} AND id = {id:String}
