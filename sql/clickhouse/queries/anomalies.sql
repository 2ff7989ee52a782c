-- One page of anomalies, newest first, behind a position: one row each as it was last told of; times in milliseconds since the epoch, endsAtMs 0
-- while it is open, empty text for none. An empty service means any.
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
WHERE tenant IN {tenants:Array(String)}
    AND starts_at >= {from:DateTime64(3, 'UTC')} AND starts_at < {to:DateTime64(3, 'UTC')}
    AND ({service:String} = '' OR service = {service:String})
    AND score >= {minScore:Float64}
    AND (starts_at, id, tenant) < ({afterAt:DateTime64(3, 'UTC')}, {afterId:String}, {afterTenant:String})
ORDER BY starts_at DESC, id DESC, tenant DESC
LIMIT {limit:UInt32}
