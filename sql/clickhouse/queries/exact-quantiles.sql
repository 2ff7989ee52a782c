-- The exact p50, p90, p95, p99 of the events in a range by tenant, capability, metric and bucket: one row each. Where the rank falls between
-- two samples they are interpolated linearly (type 7 of Hyndman and Fan 1996).
-- bucket: the last of `starts` (seconds since the epoch, ascending) that is not after the event. An empty capability or metric means any.
SELECT
    tenant,
    capability,
    metric,
    roundDown(toUnixTimestamp(at), {starts:Array(UInt32)}) AS cell,
    quantilesExactInclusive(0.5, 0.9, 0.95, 0.99)(value) AS quantiles
FROM events
WHERE tenant IN {tenants:Array(String)}
    AND at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
    AND ({capability:String} = '' OR capability = {capability:String})
    AND ({metric:String} = '' OR metric = {metric:String})
GROUP BY tenant, capability, metric, cell
