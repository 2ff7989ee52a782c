-- What a tenant uses, one row: its events with a time from `month` on, all its events, and the rows and bytes that all tenants' events take
-- (bytes with their rollups), from which its share follows.
SELECT
    sumIf(count, at >= {month:DateTime('UTC')}) AS eventsThisMonth,
    sum(count) AS events,
    (SELECT sum(total_rows) FROM system.tables WHERE database = currentDatabase() AND name = 'events') AS storedRows,
    (SELECT sum(total_bytes) FROM system.tables WHERE database = currentDatabase()) AS storedBytes
FROM measurements_1d
WHERE tenant = {tenant:String} AND subject_kind = 'capability'
