-- The capability, or else the service, and the metric that an id met_<capability or service>_<metric> stands for among what was measured: one row,
-- none when there is no such.
SELECT
    toString(subject_kind) AS subjectKind,
    subject AS capability,
    metric AS metricType
FROM measurements_1d
WHERE tenant = {tenant:String} AND concat('met_', subject, '_', metric) = {id:String}
ORDER BY measurements_1d.subject_kind
LIMIT 1
