-- How many anomalies there are, alerts and those of series: one row. Filters as in anomalies.
SELECT sum(found) AS count
FROM
(
    SELECT count() AS found
    FROM alerts FINAL
    WHERE tenant IN {tenants:Array(String)}
        AND starts_at >= {from:DateTime64(3, 'UTC')} AND starts_at < {to:DateTime64(3, 'UTC')}
        AND ({service:String} = '' OR service = {service:String})
        AND {kind:String} IN ('', 'alert')
        AND score >= {minScore:Float64}
        AND ({resolved:Int8} = -1 OR (status = 'resolved' OR id IN {resolvedIds:Array(String)}) = {resolved:Int8})
    UNION ALL
    SELECT count() AS found
    FROM anomalies FINAL
    WHERE tenant IN {tenants:Array(String)}
        AND detected_at >= {from:DateTime64(3, 'UTC')} AND detected_at < {to:DateTime64(3, 'UTC')}
        AND ({service:String} = '' OR (subject_kind = 'service' AND subject = {service:String}))
        AND ({kind:String} = '' OR toString(kind) = {kind:String})
        AND anomaly_score >= {minScore:Float64}
        AND ({resolved:Int8} = -1 OR (status = 'resolved' OR id IN {resolvedIds:Array(String)}) = {resolved:Int8})
)
