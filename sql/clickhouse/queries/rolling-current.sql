-- Percentiles of one metric over the sliding windows that were closed last, since `from`: one row a window, those it has. at, windowStart: seconds
-- since the epoch.
SELECT
    toString(window) AS window,
    toUnixTimestamp(max(r.at)) AS at,
    argMax((toUnixTimestamp(window_start), count, p50, p90, p95, p99), (r.at, r.count, r.revision)) AS last,
    argMax(r.revision, (r.at, r.count, r.revision)) AS revision
FROM rolling_percentiles AS r
WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {capability:String} AND metric = {metric:String}
    AND r.at >= {from:DateTime('UTC')}
GROUP BY r.window
