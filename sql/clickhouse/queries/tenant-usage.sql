-- What a tenant uses, one row: its events with a time from `month` on, all its events, and the rows and bytes that all tenants' events take
-- (bytes with their rollups), from which its share follows.
SELECT
    sumIf(count, at >= {month:DateTime('UTC')}) AS eventsThisMonth,
    sum(count) AS events,
    (SELECT sum(rows) FROM system.parts WHERE database = currentDatabase() AND active AND table = 'events') AS storedRows,
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active) AS storedBytes
FROM measurements_1d
WHERE tenant = {tenant:String} AND subject_kind = 'capability'
