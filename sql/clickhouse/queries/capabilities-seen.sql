-- What events have shown of each capability: one row per tenant and capability with its metric types, the names of its dimensions and
-- the number of its events.
SELECT
    tenant,
    capability,
    arraySort(groupUniqArrayArray(metrics)) AS metricTypes,
    arraySort(groupUniqArrayArray(names)) AS dimensions,
    sum(events) AS eventCount
FROM
(
    SELECT tenant, subject AS capability, groupUniqArray(metric) AS metrics, [] AS names, sum(count) AS events
    FROM measurements_1d
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability'
    GROUP BY tenant, subject
    UNION ALL
    SELECT tenant, subject AS capability, [] AS metrics, groupUniqArrayArray(measurements.dimensions.keys) AS names, 0 AS events
    FROM measurements_by_dimensions_1h AS measurements
    WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'capability'
    GROUP BY tenant, subject
)
GROUP BY tenant, capability
