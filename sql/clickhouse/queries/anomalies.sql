-- One page of anomalies, newest first, behind a position: one row each as it was last told of, alerts and anomalies of series; times in milliseconds
-- since the epoch, endsAtMs 0 while it is open, empty text for none. An empty service or kind means any, resolved -1 too. resolvedIds: by hand.
SELECT
    tenant, id, kind, subjectKind, subject, name, score, zScore, isResolved OR id IN {resolvedIds:Array(String)} AS isResolved, reason, direction,
    mutedBy, labels, annotations, generatorUrl, truncated,
    toUnixTimestamp64Milli(detected) AS detectedAtMs,
    startsAtMs,
    endsAtMs
FROM
(
    SELECT
        tenant, id, 'alert' AS kind, if(service = '', '', 'service') AS subjectKind, toString(service) AS subject, toString(name) AS name, score,
        NULL AS zScore, status = 'resolved' AS isResolved, '' AS reason, '' AS direction, muted_by AS mutedBy, labels, annotations,
        generator_url AS generatorUrl, truncated, starts_at AS detected, toUnixTimestamp64Milli(starts_at) AS startsAtMs,
        toUnixTimestamp64Milli(ends_at) AS endsAtMs
    FROM alerts FINAL
    WHERE tenant IN {tenants:Array(String)}
        AND starts_at >= {from:DateTime64(3, 'UTC')} AND starts_at < {to:DateTime64(3, 'UTC')}
        AND ({service:String} = '' OR service = {service:String})
        AND {kind:String} IN ('', 'alert')
        AND score >= {minScore:Float64}
        AND ({resolved:Int8} = -1 OR (status = 'resolved' OR id IN {resolvedIds:Array(String)}) = {resolved:Int8})
        AND (starts_at, id, tenant) < ({afterAt:DateTime64(3, 'UTC')}, {afterId:String}, {afterTenant:String})
    ORDER BY starts_at DESC, id DESC, tenant DESC
    LIMIT {limit:UInt32}
    UNION ALL
    SELECT
        tenant, id, toString(kind) AS kind, toString(subject_kind) AS subjectKind, toString(subject) AS subject, toString(metric) AS name,
        anomaly_score AS score, z_score AS zScore, status = 'resolved' AS isResolved, toString(reason) AS reason,
        toString(direction) AS direction, muted_by AS mutedBy, map() AS labels, map() AS annotations, '' AS generatorUrl, 0 AS truncated,
        detected_at AS detected, toUnixTimestamp64Milli(starts_at) AS startsAtMs, toUnixTimestamp64Milli(ends_at) AS endsAtMs
    FROM anomalies FINAL
    WHERE tenant IN {tenants:Array(String)}
        AND detected_at >= {from:DateTime64(3, 'UTC')} AND detected_at < {to:DateTime64(3, 'UTC')}
        AND ({service:String} = '' OR (subject_kind = 'service' AND subject = {service:String}))
        AND ({kind:String} = '' OR toString(kind) = {kind:String})
        AND anomaly_score >= {minScore:Float64}
        AND ({resolved:Int8} = -1 OR (status = 'resolved' OR id IN {resolvedIds:Array(String)}) = {resolved:Int8})
        AND (detected_at, id, tenant) < ({afterAt:DateTime64(3, 'UTC')}, {afterId:String}, {afterTenant:String})
    ORDER BY detected_at DESC, id DESC, tenant DESC
    LIMIT {limit:UInt32}
)
ORDER BY detected DESC, id DESC, tenant DESC
LIMIT {limit:UInt32}
