-- The cases of one correlation id, the newest episode of each tenant and capability, as in cases, with their milestones: stageMs[n] are the active
-- milliseconds from the milestone before the n-th. An empty capability means any.
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
    stage_count AS stageCount,
    milestones,
    arrayMap(at -> toUnixTimestamp64Milli(at), milestone_ats) AS milestoneAtsMs,
    stage_ms AS stageMs,
    count() OVER (PARTITION BY tenant, capability) AS episodes
FROM cases FINAL
WHERE tenant IN {tenants:Array(String)}
    AND correlation_id = {correlation:String}
    AND ({capability:String} = '' OR capability = {capability:String})
ORDER BY tenant, capability, opened_at DESC, episode DESC
LIMIT 1 BY tenant, capability
LIMIT 100
