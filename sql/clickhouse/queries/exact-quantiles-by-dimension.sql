-- The exact p50, p90, p95, p99 of the events in a range by tenant, capability, metric and value of one dimension: one row each; `cell` is null
-- for what lacks the dimension. Where the rank falls between two samples they are interpolated linearly (type 7 of Hyndman and Fan 1996).
-- An empty capability or metric means any.
SELECT
    tenant,
    capability,
    metric,
    if(mapContains(dimensions, {dimension:String}), dimensions[{dimension:String}], NULL) AS cell,
    quantilesExactInclusive(0.5, 0.9, 0.95, 0.99)(value) AS quantiles
FROM events
WHERE tenant IN {tenants:Array(String)}
    AND at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
    AND ({capability:String} = '' OR capability = {capability:String})
    AND ({metric:String} = '' OR metric = {metric:String})
GROUP BY tenant, capability, metric, cell
