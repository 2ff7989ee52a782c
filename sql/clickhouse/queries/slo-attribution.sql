-- Which values of which dimensions the events had that missed their SLA target, within spans of whole minutes: one row a dimension and value, most
-- of them first. `…`: values that the rollup did not keep apart. Only events with certain values of dimensions, if any are named.
-- The spans are given by the source they are read from, as seconds (raw: milliseconds) since the epoch, with the least and most of them; branches of
-- sources that are not needed are left out (queries.ts).
SELECT pair.1 AS dimension, pair.2 AS value, sum(targeted) AS events, sum(targeted) - sum(met) AS bad
FROM
(
    -- source days
    SELECT arrayJoin(arrayZip(mapKeys(dimensions), mapValues(dimensions))) AS pair, sla_total AS targeted, sla_met AS met
    FROM measurements_by_dimensions_1d
    WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
        AND at >= {days_least:DateTime('UTC')} AND at < {days_most:DateTime('UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp(at) >= f AND toUnixTimestamp(at) < t, {days_from:Array(UInt32)}, {days_to:Array(UInt32)})
        AND arrayAll((n, v) -> mapContains(dimensions, n) AND dimensions[n] = v, {names:Array(String)}, {values:Array(String)})
    UNION ALL
    -- source hours
    SELECT arrayJoin(arrayZip(mapKeys(dimensions), mapValues(dimensions))) AS pair, sla_total AS targeted, sla_met AS met
    FROM measurements_by_dimensions_1h
    WHERE tenant = {tenant:String} AND subject_kind = {kind:String} AND subject = {subject:String} AND metric = {metric:String}
        AND at >= {hours_least:DateTime('UTC')} AND at < {hours_most:DateTime('UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp(at) >= f AND toUnixTimestamp(at) < t, {hours_from:Array(UInt32)}, {hours_to:Array(UInt32)})
        AND arrayAll((n, v) -> mapContains(dimensions, n) AND dimensions[n] = v, {names:Array(String)}, {values:Array(String)})
    UNION ALL
    -- source raw
    SELECT arrayJoin(arrayZip(mapKeys(dimensions), mapValues(dimensions))) AS pair, toUInt64(1) AS targeted, toUInt64(value <= sla_target) AS met
    FROM events
    WHERE tenant = {tenant:String} AND capability = {subject:String} AND metric = {metric:String} AND isNotNull(sla_target)
        AND at >= {raw_least:DateTime64(3, 'UTC')} AND at < {raw_most:DateTime64(3, 'UTC')}
        AND arrayExists((f, t) -> toUnixTimestamp64Milli(at) >= f AND toUnixTimestamp64Milli(at) < t, {raw_from:Array(Int64)}, {raw_to:Array(Int64)})
        AND arrayAll((n, v) -> mapContains(dimensions, n) AND dimensions[n] = v, {names:Array(String)}, {values:Array(String)})
)
GROUP BY dimension, value
HAVING bad > 0
ORDER BY bad DESC, dimension, value
LIMIT {limit:UInt32}
