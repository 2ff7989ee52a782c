-- How many events of a series with an SLA target fell into spans of whole minutes, and how many of them met it: one row, none for nothing.
-- The spans are given by the source they are read from, as seconds since the epoch, with the least and most of them; branches of sources that are not
-- needed are left out (queries.ts).
SELECT sum(targeted) AS events, sum(met) AS good, 0 AS isMixed
FROM
(
    -- source days
    SELECT tenant, sla_total AS targeted, sla_met AS met
    FROM measurements_1d
    WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
        AND at >= {days_least:DateTime('UTC')} AND at < {days_most:DateTime('UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp(at) >= f AND toUnixTimestamp(at) < t, {days_from:Array(UInt32)}, {days_to:Array(UInt32)})
    UNION ALL
    -- source hours
    SELECT tenant, sla_total AS targeted, sla_met AS met
    FROM measurements_1h
    WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
        AND at >= {hours_least:DateTime('UTC')} AND at < {hours_most:DateTime('UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp(at) >= f AND toUnixTimestamp(at) < t, {hours_from:Array(UInt32)}, {hours_to:Array(UInt32)})
    UNION ALL
    -- source minutes
    SELECT tenant, sla_total AS targeted, sla_met AS met
    FROM measurements_1m
    WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
        AND at >= {minutes_least:DateTime('UTC')} AND at < {minutes_most:DateTime('UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp(at) >= f AND toUnixTimestamp(at) < t, {minutes_from:Array(UInt32)}, {minutes_to:Array(UInt32)})
)
GROUP BY tenant
