-- How many events a range holds, by UTC day: one row for each day that has any, newest first; dayMs in milliseconds since the epoch.
-- The range is given as disjoint segments, at most two for each source; branches of sources that are not needed are left out (queries.ts).
-- An empty capability or metric means any.
SELECT
    toUnixTimestamp(toStartOfDay(m.at)) * 1000 AS dayMs,
    sum(m.count) AS count
FROM
(
    -- source days
    SELECT at, count
    FROM measurements_1d
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability'
        AND ((at >= {days_from_1:DateTime('UTC')} AND at < {days_to_1:DateTime('UTC')})
            OR (at >= {days_from_2:DateTime('UTC')} AND at < {days_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source hours
    SELECT at, count
    FROM measurements_1h
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability'
        AND ((at >= {hours_from_1:DateTime('UTC')} AND at < {hours_to_1:DateTime('UTC')})
            OR (at >= {hours_from_2:DateTime('UTC')} AND at < {hours_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source minutes
    SELECT at, count
    FROM measurements_1m
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability'
        AND ((at >= {minutes_from_1:DateTime('UTC')} AND at < {minutes_to_1:DateTime('UTC')})
            OR (at >= {minutes_from_2:DateTime('UTC')} AND at < {minutes_to_2:DateTime('UTC')}))
        AND ({capability:String} = '' OR subject = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    UNION ALL
    -- source raw
    SELECT toStartOfDay(events.at) AS at, count() AS count
    FROM events
    WHERE tenant IN {tenants:Array(String)}
        AND ((events.at >= {raw_from_1:DateTime64(3, 'UTC')} AND events.at < {raw_to_1:DateTime64(3, 'UTC')})
            OR (events.at >= {raw_from_2:DateTime64(3, 'UTC')} AND events.at < {raw_to_2:DateTime64(3, 'UTC')}))
        AND ({capability:String} = '' OR capability = {capability:String})
        AND ({metric:String} = '' OR metric = {metric:String})
    GROUP BY at
) AS m
GROUP BY dayMs
ORDER BY dayMs DESC
