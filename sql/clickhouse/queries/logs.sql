-- One page of log events, newest first, then by position in the log, behind a position: one row each; atMs in milliseconds since the epoch,
-- empty text for none. An empty service, level, trace or list of words means any; every word must occur in the message, in lower case here.
-- Without trace and words the minutes of the rollup say how far back the page reaches, so that nothing older is read and sorted; the minute
-- that the end of the range cuts does not count.
WITH (
    SELECT min(minute)
    FROM
    (
        SELECT at AS minute, sum(sum(count)) OVER (ORDER BY at DESC) - sum(count) AS newer
        FROM measurements_1m
        WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'service' AND startsWith(metric, 'logs.')
            AND at >= toStartOfMinute({from:DateTime64(3, 'UTC')}) AND at < toStartOfMinute({until:DateTime64(3, 'UTC')})
            AND ({service:String} = '' OR subject = {service:String})
            AND ({level:String} = '' OR metric = concat('logs.', {level:String}))
        GROUP BY at
    )
    WHERE newer < {limit:UInt32}
) AS oldest
SELECT
    tenant,
    log_id AS id,
    service,
    toString(level) AS level,
    message,
    toUnixTimestamp64Milli(l.at) AS atMs,
    trace_id AS traceId,
    span_id AS spanId,
    metadata,
    log_partition AS partition,
    log_offset AS offset,
    log_index AS index
FROM logs AS l
WHERE tenant IN {tenants:Array(String)}
    AND l.at >= if({trace:String} = '' AND empty({words:Array(String)}), greatest({from:DateTime64(3, 'UTC')}, oldest), {from:DateTime64(3, 'UTC')})
    AND l.at <= {until:DateTime64(3, 'UTC')}
    AND (l.at, log_partition, log_offset, log_index) < ({until:DateTime64(3, 'UTC')}, {afterPartition:UInt16}, {afterOffset:UInt64}, {afterIndex:UInt16})
    AND ({service:String} = '' OR service = {service:String})
    AND ({level:String} = '' OR toString(l.level) = {level:String})
    AND ({trace:String} = '' OR trace_id = {trace:String})
    AND (empty({words:Array(String)}) OR hasAllTokens(lower(message), {words:Array(String)}))
ORDER BY l.at DESC, log_partition DESC, log_offset DESC, log_index DESC
LIMIT {limit:UInt32}
