-- How many events of a series with certain values of dimensions and an SLA target fell into spans of whole minutes, and how many of them met it: one row,
-- none for nothing. isMixed: the rollup did not keep the values of such a dimension apart, so only the events know the answer.
-- The spans are given by the source they are read from, as seconds (raw: milliseconds) since the epoch, with the least and most of them; branches of
-- sources that are not needed are left out (queries.ts).
SELECT sum(if(mixed, 0, targeted)) AS events, sum(if(mixed, 0, met)) AS good, max(mixed) AS isMixed
FROM
(
    -- source days
    SELECT tenant, sla_total AS targeted, sla_met AS met, arrayExists(n -> dimensions[n] = '…', {names:Array(String)}) AS mixed
    FROM measurements_by_dimensions_1d
    WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
        AND at >= {days_least:DateTime('UTC')} AND at < {days_most:DateTime('UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp(at) >= f AND toUnixTimestamp(at) < t, {days_from:Array(UInt32)}, {days_to:Array(UInt32)})
        AND arrayAll((n, v) -> mapContains(dimensions, n) AND dimensions[n] IN (v, '…'), {names:Array(String)}, {values:Array(String)})
    UNION ALL
    -- source hours
    SELECT tenant, sla_total AS targeted, sla_met AS met, arrayExists(n -> dimensions[n] = '…', {names:Array(String)}) AS mixed
    FROM measurements_by_dimensions_1h
    WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
        AND at >= {hours_least:DateTime('UTC')} AND at < {hours_most:DateTime('UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp(at) >= f AND toUnixTimestamp(at) < t, {hours_from:Array(UInt32)}, {hours_to:Array(UInt32)})
        AND arrayAll((n, v) -> mapContains(dimensions, n) AND dimensions[n] IN (v, '…'), {names:Array(String)}, {values:Array(String)})
    UNION ALL
    -- source raw
    SELECT tenant, toUInt64(1) AS targeted, toUInt64(value <= sla_target) AS met, false AS mixed
    FROM events
    WHERE tenant = {tenant:String} AND capability = {subject:String} AND metric = {metric:String} AND isNotNull(sla_target)
        AND at >= {raw_least:DateTime64(3, 'UTC')} AND at < {raw_most:DateTime64(3, 'UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp64Milli(at) >= f AND toUnixTimestamp64Milli(at) < t, {raw_from:Array(Int64)}, {raw_to:Array(Int64)})
        AND arrayAll((n, v) -> mapContains(dimensions, n) AND dimensions[n] = v, {names:Array(String)}, {values:Array(String)})
)
GROUP BY tenant
