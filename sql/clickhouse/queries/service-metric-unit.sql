-- The unit in which a metric of a service was last sent: one row, none when it was last sent without one. Only the minute in which it was last
-- measured is looked through.
WITH (
    SELECT max(at)
    FROM measurements_1m
    WHERE tenant = {tenant:String} AND subject_kind = 'service' AND subject = {service:String} AND metric = {metric:String}
        AND at >= {from:DateTime('UTC')}
) AS minute
SELECT unit
FROM points AS p
WHERE tenant = {tenant:String} AND p.at >= minute AND p.at < minute + INTERVAL 1 MINUTE
    AND service = {service:String} AND metric = {metric:String} AND unit != ''
ORDER BY p.at DESC
LIMIT 1
