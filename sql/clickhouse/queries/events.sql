-- One page of events, newest first, then by position in the log: one row each; atMs in milliseconds since the epoch, correlationId empty for none.
-- The cells of a rollup say how far back the page reaches, so that nothing older is read and sorted;
-- the cell that the end of the range cuts does not count, as it may hold events that are not in the range.
-- Either hours or minutes are asked, the other branch is left out (queries.ts). An empty capability or metric means any.
WITH (
    SELECT min(cell)
    FROM
    (
        SELECT m.at AS cell, sum(sum(m.count)) OVER (ORDER BY cell DESC) - sum(m.count) AS newer
        FROM
        (
            -- source hours
            SELECT at, count
            FROM measurements_1h
            WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability'
                AND at >= toStartOfHour({from:DateTime64(3, 'UTC')}) AND at < toStartOfHour({to:DateTime64(3, 'UTC')})
                AND ({capability:String} = '' OR subject = {capability:String})
                AND ({metric:String} = '' OR metric = {metric:String})
            UNION ALL
            -- source minutes
            SELECT at, count
            FROM measurements_1m
            WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability'
                AND at >= toStartOfMinute({from:DateTime64(3, 'UTC')}) AND at < toStartOfMinute({to:DateTime64(3, 'UTC')})
                AND ({capability:String} = '' OR subject = {capability:String})
                AND ({metric:String} = '' OR metric = {metric:String})
        ) AS m
        GROUP BY cell
    )
    WHERE newer < {offset:UInt32} + {limit:UInt32}
) AS oldest
SELECT
    tenant,
    event_id AS id,
    capability,
    metric,
    value,
    toUnixTimestamp64Milli(at) AS atMs,
    correlation_id AS correlationId,
    dimensions
FROM events
WHERE tenant IN {tenants:Array(String)}
    AND at >= greatest({from:DateTime64(3, 'UTC')}, oldest) AND at < {to:DateTime64(3, 'UTC')}
    AND ({capability:String} = '' OR capability = {capability:String})
    AND ({metric:String} = '' OR metric = {metric:String})
ORDER BY at DESC, log_partition DESC, log_offset DESC, log_index DESC, event_id DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
