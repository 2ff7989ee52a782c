-- Events of a series with certain values of dimensions and an SLA target, and those that met it, by minute (seconds since the epoch) in a range; in order.
SELECT toUnixTimestamp(toStartOfMinute(e.at)) AS minute, count() AS events, countIf(value <= sla_target) AS good
FROM events AS e
WHERE tenant = {tenant:String} AND capability = {subject:String} AND metric = {metric:String} AND isNotNull(sla_target)
    AND e.at >= {from:DateTime('UTC')} AND e.at < {to:DateTime('UTC')}
    AND arrayAll((n, v) -> mapContains(dimensions, n) AND dimensions[n] = v, {names:Array(String)}, {values:Array(String)})
GROUP BY minute
ORDER BY minute
