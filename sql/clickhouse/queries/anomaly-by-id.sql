-- The anomaly of one id: at most one row for each tenant, as in anomalies.
SELECT
    tenant,
    id,
    kind,
    service,
    name,
    score,
    status = 'resolved' AS isResolved,
    muted_by AS mutedBy,
    labels,
    annotations,
    generator_url AS generatorUrl,
    truncated,
    toUnixTimestamp64Milli(starts_at) AS startsAtMs,
    toUnixTimestamp64Milli(ends_at) AS endsAtMs
FROM alerts FINAL
WHERE tenant IN {tenants:Array(String)} AND id = {id:String}
