-- One page of the events with one correlation id, newest first, then by position in the log: one row each; atMs in milliseconds since the epoch.
-- An empty capability or metric means any.
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
    AND at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
    AND correlation_id = {correlation:String}
    AND ({capability:String} = '' OR capability = {capability:String})
    AND ({metric:String} = '' OR metric = {metric:String})
ORDER BY at DESC, log_partition DESC, log_offset DESC, log_index DESC, event_id DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
