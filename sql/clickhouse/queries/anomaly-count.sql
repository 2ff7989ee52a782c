-- How many anomalies there are: one row. An empty service means any.
SELECT count() AS count
FROM alerts FINAL
WHERE tenant IN {tenants:Array(String)}
    AND starts_at >= {from:DateTime64(3, 'UTC')} AND starts_at < {to:DateTime64(3, 'UTC')}
    AND ({service:String} = '' OR service = {service:String})
    AND score >= {minScore:Float64}
