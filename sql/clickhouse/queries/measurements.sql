-- What was measured of capabilities, or of services, in a range, by tenant, capability (or service) and metric: one row each, ordered by these.
-- The range is given as disjoint segments, at most two for each source; branches of sources that are not needed are left out (queries.ts).
-- An empty capability or metric means any. ranks: the samples on both sides of p50, p90, p95, p99 in turn, within the error of the sketch.
SELECT
    tenant,
    subject AS capability,
    metric,
    sum(m.count) AS count,
    sum(m.sum) AS sum,
    min(m.min) AS min,
    max(m.max) AS max,
    quantilesBFloat16Merge(
        0.499999999, 0.500000001, 0.899999999, 0.900000001, 0.949999999, 0.950000001, 0.989999999, 0.990000001
    )(m.quantiles) AS ranks,
    sum(m.sla_met) AS slaMet,
    sum(m.sla_total) AS slaTotal
FROM
(
    -- source days
    SELECT tenant, subject, metric, count, sum, min, max, quantiles, sla_met, sla_total
    FROM measurements_1d
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = {kind:String}
        AND ((at >= {days_from_1:DateTime('UTC')} AND at < {days_to_1:DateTime('UTC')})
            OR (at >= {days_from_2:DateTime('UTC')} AND at < {days_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source hours
    SELECT tenant, subject, metric, count, sum, min, max, quantiles, sla_met, sla_total
    FROM measurements_1h
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = {kind:String}
        AND ((at >= {hours_from_1:DateTime('UTC')} AND at < {hours_to_1:DateTime('UTC')})
            OR (at >= {hours_from_2:DateTime('UTC')} AND at < {hours_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source minutes
    SELECT tenant, subject, metric, count, sum, min, max, quantiles, sla_met, sla_total
    FROM measurements_1m
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = {kind:String}
        AND ((at >= {minutes_from_1:DateTime('UTC')} AND at < {minutes_to_1:DateTime('UTC')})
            OR (at >= {minutes_from_2:DateTime('UTC')} AND at < {minutes_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source raw
    SELECT
        tenant, capability AS subject, metric,
        count() AS count, sum(value) AS sum, min(value) AS min, max(value) AS max,
        quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(value) AS quantiles, countIf(value <= sla_target) AS sla_met, count(sla_target) AS sla_total
    FROM events
    WHERE tenant IN {tenants:Array(String)}
        AND ((at >= {raw_from_1:DateTime64(3, 'UTC')} AND at < {raw_to_1:DateTime64(3, 'UTC')})
            OR (at >= {raw_from_2:DateTime64(3, 'UTC')} AND at < {raw_to_2:DateTime64(3, 'UTC')}))
        AND ({capability:String} = '' OR capability = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    GROUP BY tenant, subject, metric
    UNION ALL
    -- source points
    SELECT
        tenant, service AS subject, metric,
        sum(if(empty(weights), 1, arraySum(weights))) AS count, sum(assumeNotNull(measured)) AS sum,
        min(if(empty(samples), assumeNotNull(measured), arrayMin(samples))) AS min,
        max(if(empty(samples), assumeNotNull(measured), arrayMax(samples))) AS max,
        CAST(CAST(quantilesBFloat16WeightedArrayState(0.5, 0.9, 0.95, 0.99)(
            if(empty(samples), [assumeNotNull(measured)], samples), if(empty(weights), [toUInt64(1)], weights)
        ) AS String) AS AggregateFunction(quantilesBFloat16(0.5, 0.9, 0.95, 0.99), Float64)) AS quantiles, toUInt64(0) AS sla_met, toUInt64(0) AS sla_total
    FROM points
    WHERE tenant IN {tenants:Array(String)} AND isNotNull(measured) AND NOT startsWith(metric, 'logs.')
        AND ((at >= {raw_from_1:DateTime64(3, 'UTC')} AND at < {raw_to_1:DateTime64(3, 'UTC')})
            OR (at >= {raw_from_2:DateTime64(3, 'UTC')} AND at < {raw_to_2:DateTime64(3, 'UTC')}))
        AND ({capability:String} = '' OR service = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    GROUP BY tenant, subject, metric
    UNION ALL
    -- source logs
    SELECT
        tenant, service AS subject, concat('logs.', toString(level)) AS metric,
        count() AS count, toFloat64(count()) AS sum, toFloat64(1) AS min, toFloat64(1) AS max,
        quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(toFloat64(1)) AS quantiles, toUInt64(0) AS sla_met, toUInt64(0) AS sla_total
    FROM logs
    WHERE tenant IN {tenants:Array(String)}
        AND ((at >= {raw_from_1:DateTime64(3, 'UTC')} AND at < {raw_to_1:DateTime64(3, 'UTC')})
            OR (at >= {raw_from_2:DateTime64(3, 'UTC')} AND at < {raw_to_2:DateTime64(3, 'UTC')}))
        AND ({capability:String} = '' OR service = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    GROUP BY tenant, subject, metric
) AS m
GROUP BY tenant, capability, metric
ORDER BY tenant, capability, metric
LIMIT {limit:UInt32}
