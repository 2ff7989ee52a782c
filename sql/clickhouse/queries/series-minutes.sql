-- The minutes of one series in a range (seconds since the epoch) in which something was measured, in order: one row a minute with count and sum.
SELECT toUnixTimestamp(at) AS atS, sum(t.count) AS count, sum(t.sum) AS sum
FROM measurements_1m AS t
WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
    AND at >= toDateTime({from:UInt32}, 'UTC') AND at < toDateTime({to:UInt32}, 'UTC')
GROUP BY at
ORDER BY at
LIMIT {limit:UInt32}
