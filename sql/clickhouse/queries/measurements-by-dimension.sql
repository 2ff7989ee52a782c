-- What was measured of capabilities, or of services, in a range, by tenant, capability (or service), metric and value of one dimension: one row each, the largest first.
-- group: null for what lacks the dimension. isMixed: the rollup did not keep the values of the dimension apart, so the row stands for
-- several of them and only the events know the exact answer; such a row comes first.
-- The range is given as disjoint segments, at most two for each source; branches of sources that are not needed are left out (queries.ts).
-- An empty capability or metric means any. ranks: the samples on both sides of p50, p90, p95, p99 in turn, within the error of the sketch.
SELECT
    tenant,
    capability,
    metric,
    group,
    isMixed,
    sum(events) AS count,
    sum(total) AS sum,
    min(lowest) AS min,
    max(highest) AS max,
    quantilesBFloat16Merge(
        0.499999999, 0.500000001, 0.899999999, 0.900000001, 0.949999999, 0.950000001, 0.989999999, 0.990000001
    )(sketch) AS ranks,
    sum(met) AS slaMet,
    sum(targeted) AS slaTotal
FROM
(
    -- source days
    SELECT
        tenant, subject AS capability, metric, if(mapContains(dimensions, {dimension:String}), dimensions[{dimension:String}], NULL) AS group, ifNull(group = '…', false) AS isMixed,
        count AS events, sum AS total, min AS lowest, max AS highest, quantiles AS sketch, sla_met AS met, sla_total AS targeted
    FROM measurements_by_dimensions_1d
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = {kind:String}
        AND ((at >= {days_from_1:DateTime('UTC')} AND at < {days_to_1:DateTime('UTC')})
            OR (at >= {days_from_2:DateTime('UTC')} AND at < {days_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source hours
    SELECT
        tenant, subject AS capability, metric, if(mapContains(dimensions, {dimension:String}), dimensions[{dimension:String}], NULL) AS group, ifNull(group = '…', false) AS isMixed,
        count AS events, sum AS total, min AS lowest, max AS highest, quantiles AS sketch, sla_met AS met, sla_total AS targeted
    FROM measurements_by_dimensions_1h
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = {kind:String}
        AND ((at >= {hours_from_1:DateTime('UTC')} AND at < {hours_to_1:DateTime('UTC')})
            OR (at >= {hours_from_2:DateTime('UTC')} AND at < {hours_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source raw
    SELECT
        tenant, capability, metric, if(mapContains(dimensions, {dimension:String}), dimensions[{dimension:String}], NULL) AS group, false AS isMixed,
        count() AS events, sum(value) AS total, min(value) AS lowest, max(value) AS highest,
        quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(value) AS sketch, countIf(value <= sla_target) AS met, count(sla_target) AS targeted
    FROM events
    WHERE tenant IN {tenants:Array(String)}
        AND ((at >= {raw_from_1:DateTime64(3, 'UTC')} AND at < {raw_to_1:DateTime64(3, 'UTC')})
            OR (at >= {raw_from_2:DateTime64(3, 'UTC')} AND at < {raw_to_2:DateTime64(3, 'UTC')}))
        AND ({capability:String} = '' OR capability = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    GROUP BY tenant, capability, metric, group
    UNION ALL
    -- source points
    SELECT
        tenant, service AS capability, metric, if(mapContains(labels, {dimension:String}), labels[{dimension:String}], NULL) AS group, false AS isMixed,
        sum(if(empty(weights), 1, arraySum(weights))) AS events, sum(assumeNotNull(measured)) AS total,
        min(if(empty(samples), assumeNotNull(measured), arrayMin(samples))) AS lowest,
        max(if(empty(samples), assumeNotNull(measured), arrayMax(samples))) AS highest,
        CAST(CAST(quantilesBFloat16WeightedArrayState(0.5, 0.9, 0.95, 0.99)(
            if(empty(samples), [assumeNotNull(measured)], samples), if(empty(weights), [toUInt64(1)], weights)
        ) AS String) AS AggregateFunction(quantilesBFloat16(0.5, 0.9, 0.95, 0.99), Float64)) AS sketch, toUInt64(0) AS met, toUInt64(0) AS targeted
    FROM points
    WHERE tenant IN {tenants:Array(String)} AND isNotNull(measured) AND NOT startsWith(metric, 'logs.')
        AND ((at >= {raw_from_1:DateTime64(3, 'UTC')} AND at < {raw_to_1:DateTime64(3, 'UTC')})
            OR (at >= {raw_from_2:DateTime64(3, 'UTC')} AND at < {raw_to_2:DateTime64(3, 'UTC')}))
        AND ({capability:String} = '' OR service = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    GROUP BY tenant, capability, metric, group
)
GROUP BY tenant, capability, metric, group, isMixed
ORDER BY isMixed DESC, count DESC, tenant, capability, metric, group
LIMIT {limit:UInt32}
