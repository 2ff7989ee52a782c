-- One page of cases behind a position, by age, due time or newness: one row each as it was last told of. Times in milliseconds since the epoch, 0 where
-- there is none. Empty texts mean any; risk `stuck` asks for those beside their risk. `place` and `tie` are the position of a row.
SELECT
    tenant,
    capability,
    correlation_id AS correlationId,
    status,
    risk,
    is_stuck AS isStuck,
    milestone,
    toUnixTimestamp64Milli(opened_at) AS openedAtMs,
    toUnixTimestamp64Milli(last_at) AS lastAtMs,
    toUnixTimestamp64Milli(closed_at) AS closedAtMs,
    toUnixTimestamp64Milli(due_at) AS dueAtMs,
    toUnixTimestamp64Milli(stage_due_at) AS stageDueAtMs,
    target_ms AS targetMs,
    active_ms AS activeMs,
    milestone_count AS milestoneCount,
    multiIf(
        {sort:String} = 'due', if(dueAtMs = 0, toInt64(9007199254740991), dueAtMs),
        {sort:String} = 'newest', -openedAtMs,
        openedAtMs
    ) AS place,
    hex(sipHash64(tenant, capability, correlation_id, log_partition, episode)) AS tie
FROM cases FINAL
WHERE tenant IN {tenants:Array(String)}
    AND opened_at >= {from:DateTime64(3, 'UTC')} AND opened_at < {to:DateTime64(3, 'UTC')}
    AND ({capability:String} = '' OR capability = {capability:String})
    AND ({status:String} = '' OR toString(status) = {status:String})
    AND ({risk:String} = '' OR if({risk:String} = 'stuck', is_stuck, toString(risk) = {risk:String}))
    AND ({stage:String} = '' OR (milestone = {stage:String} AND status = 'open'))
    AND (place, tie) > ({afterPlace:Int64}, {afterTie:String})
ORDER BY place, tie
LIMIT {limit:UInt32}
