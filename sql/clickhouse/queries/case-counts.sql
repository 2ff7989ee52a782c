-- How many cases there are of each status and risk: one row. Empty texts mean any.
SELECT
    countIf(status = 'open') AS open,
    countIf(status = 'closed') AS closed,
    countIf(status = 'abandoned') AS abandoned,
    countIf(status = 'open' AND risk = 'at_risk') AS atRisk,
    countIf(status = 'open' AND risk = 'breached') AS breached,
    countIf(status = 'open' AND is_stuck) AS stuck,
    countIf(status = 'closed' AND risk = 'breached') AS closedLate
FROM cases FINAL
WHERE tenant IN {tenants:Array(String)}
    AND opened_at >= {from:DateTime64(3, 'UTC')} AND opened_at < {to:DateTime64(3, 'UTC')}
    AND ({capability:String} = '' OR capability = {capability:String})
    AND ({stage:String} = '' OR (milestone = {stage:String} AND status = 'open'))
