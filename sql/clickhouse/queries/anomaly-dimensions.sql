-- What was measured of one series in one hour (`hour`, seconds since the epoch) and in the week before it, by each value of each of its dimensions: one row a value, the
-- largest of that hour first.
SELECT
    dimension,
    dimensions[dimension] AS value,
    sumIf(t.count, at = toDateTime({hour:UInt32}, 'UTC')) AS count,
    sumIf(t.sum, at = toDateTime({hour:UInt32}, 'UTC')) AS sum,
    sumIf(t.count, at < toDateTime({hour:UInt32}, 'UTC')) AS usualCount,
    sumIf(t.sum, at < toDateTime({hour:UInt32}, 'UTC')) AS usualSum
FROM measurements_by_dimensions_1h AS t
ARRAY JOIN mapKeys(dimensions) AS dimension
WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
    AND at >= toDateTime({hour:UInt32}, 'UTC') - INTERVAL 7 DAY AND at <= toDateTime({hour:UInt32}, 'UTC')
GROUP BY dimension, value
HAVING count > 0
ORDER BY count DESC, dimension, value
LIMIT {limit:UInt32}
