-- Percentiles of one metric over one sliding window: a row for each minute in the range at which they changed, and first the one that held when the
-- range began, if there is one; at most `limit`, ordered by time. at, windowStart: seconds since the epoch. Of what was told again the last; of several
-- partitions of the log the one with most events.
SELECT
    toUnixTimestamp(r.at) AS at,
    argMax((toUnixTimestamp(window_start), count, p50, p90, p95, p99), (r.count, r.revision)) AS last,
    argMax(r.revision, (r.count, r.revision)) AS revision
FROM rolling_percentiles AS r
WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {capability:String} AND metric = {metric:String}
    AND window = {window:String} AND r.at < {to:DateTime('UTC')}
    AND r.at >= (
        SELECT max(b.at)
        FROM rolling_percentiles AS b
        WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {capability:String} AND metric = {metric:String}
            AND window = {window:String} AND b.at <= {from:DateTime('UTC')}
    )
GROUP BY at
ORDER BY at
LIMIT {limit:UInt32}
