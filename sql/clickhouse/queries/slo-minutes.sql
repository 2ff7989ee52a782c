-- Events of a series with an SLA target, and those that met it, by minute (seconds since the epoch) in a range; in order.
SELECT toUnixTimestamp(m.at) AS minute, sum(sla_total) AS events, sum(sla_met) AS good
FROM measurements_1m AS m
WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
    AND m.at >= {from:DateTime('UTC')} AND m.at < {to:DateTime('UTC')}
GROUP BY minute
HAVING events > 0
ORDER BY minute
