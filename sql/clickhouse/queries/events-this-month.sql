-- The events of each tenant with a time from `month` on, a row a tenant that has any.
SELECT tenant, sum(count) AS eventsThisMonth
FROM measurements_1d
WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability' AND at >= {month:DateTime('UTC')}
GROUP BY tenant
