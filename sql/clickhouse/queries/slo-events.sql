-- Alarms of an SLO that began until a time, newest first, each as it was last told of; times in seconds since the epoch, endedAt 0 while it is open.
SELECT
    id,
    kind,
    status,
    reason,
    toUnixTimestamp(started_at) AS startedAt,
    toUnixTimestamp(ended_at) AS endedAt,
    objective,
    events,
    bad,
    burn_short AS shortRate,
    burn_long AS longRate,
    threshold,
    muted_by AS mutedBy
FROM slo_events FINAL
WHERE tenant = {tenant:String} AND slo_id = {id:String} AND started_at <= {until:DateTime('UTC')}
ORDER BY started_at DESC, kind, log_partition
LIMIT {limit:UInt32}
