-- Of how many series something was measured since an hour (seconds since the epoch): one row.
SELECT uniq(tenant, subject_kind, subject, metric) AS count
FROM measurements_1h
WHERE tenant IN {tenants:Array(String)} AND at >= toDateTime({from:UInt32}, 'UTC')
