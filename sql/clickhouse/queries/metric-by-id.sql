-- The capability and metric type that an id met_<capability>_<metricType> stands for among what was measured: one row, none when there is no such.
SELECT
    subject AS capability,
    metric AS metricType
FROM measurements_1d
WHERE tenant = {tenant:String} AND subject_kind = 'capability' AND concat('met_', subject, '_', metric) = {id:String}
LIMIT 1
