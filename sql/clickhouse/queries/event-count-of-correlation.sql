-- How many events of a range have one correlation id: one row. An empty capability or metric means any.
SELECT count() AS count
FROM events
WHERE tenant IN {tenants:Array(String)}
    AND at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
    AND correlation_id = {correlation:String}
    AND ({capability:String} = '' OR capability = {capability:String})
    AND ({metric:String} = '' OR metric = {metric:String})
