-- One page of the services that have been seen since a day, by name, behind a position: one row a tenant and service, with the times at which
-- each kind of data was last seen in milliseconds since the epoch, 0 for never, what was deployed last, empty for nothing, and in each row the
-- number of all of them. Newer rollups are finer; an empty service means any. Labels of alerts may name what is too long for a service.
SELECT
    tenant,
    service,
    metricsAtMs,
    logsAtMs,
    deployedAtMs,
    alertedAtMs,
    environment,
    version,
    total
FROM
(
    SELECT
        tenant,
        service,
        maxIf(atMs, kind = 'metrics') AS metricsAtMs,
        maxIf(atMs, kind = 'logs') AS logsAtMs,
        maxIf(atMs, kind = 'deployments') AS deployedAtMs,
        maxIf(atMs, kind = 'alerts') AS alertedAtMs,
        anyIf(deployedTo, kind = 'deployments') AS environment,
        anyIf(deployed, kind = 'deployments') AS version,
        count() OVER () AS total
    FROM
    (
        SELECT
            tenant, subject AS service, if(startsWith(metric, 'logs.'), 'logs', 'metrics') AS kind, toInt64(toUnixTimestamp(max(m.at))) * 1000 AS atMs,
            '' AS deployedTo, '' AS deployed
        FROM measurements_1m AS m
        WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'service' AND m.at >= {minutesFrom:DateTime('UTC')}
            AND ({service:String} = '' OR subject = {service:String})
        GROUP BY tenant, service, kind
        UNION ALL
        SELECT
            tenant, subject AS service, if(startsWith(metric, 'logs.'), 'logs', 'metrics') AS kind, toInt64(toUnixTimestamp(max(m.at))) * 1000 AS atMs,
            '' AS deployedTo, '' AS deployed
        FROM measurements_1h AS m
        WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'service' AND m.at >= {hoursFrom:DateTime('UTC')}
            AND ({service:String} = '' OR subject = {service:String})
        GROUP BY tenant, service, kind
        UNION ALL
        SELECT
            tenant, subject AS service, if(startsWith(metric, 'logs.'), 'logs', 'metrics') AS kind, toInt64(toUnixTimestamp(max(m.at))) * 1000 AS atMs,
            '' AS deployedTo, '' AS deployed
        FROM measurements_1d AS m
        WHERE tenant IN {tenants:Array(String)} AND subject_kind = 'service' AND m.at >= {from:DateTime('UTC')}
            AND ({service:String} = '' OR subject = {service:String})
        GROUP BY tenant, service, kind
        UNION ALL
        SELECT
            tenant, service, 'deployments' AS kind, toUnixTimestamp64Milli(max(d.at)) AS atMs,
            argMax(d.environment, (d.at, d.id)) AS deployedTo, argMax(d.version, (d.at, d.id)) AS deployed
        FROM deployments AS d
        WHERE tenant IN {tenants:Array(String)} AND ({service:String} = '' OR service = {service:String})
        GROUP BY tenant, service
        UNION ALL
        SELECT tenant, service, 'alerts' AS kind, toUnixTimestamp64Milli(max(starts_at)) AS atMs, '' AS deployedTo, '' AS deployed
        FROM alerts
        WHERE tenant IN {tenants:Array(String)} AND starts_at >= {from:DateTime('UTC')} AND service != '' AND lengthUTF8(service) <= {serviceLength:UInt16}
            AND ({service:String} = '' OR service = {service:String})
        GROUP BY tenant, service
    )
    GROUP BY tenant, service
    HAVING max(atMs) >= toInt64(toUnixTimestamp({from:DateTime('UTC')})) * 1000
)
WHERE (service, tenant) > ({afterService:String}, {afterTenant:String})
ORDER BY service, tenant
LIMIT {limit:UInt32}
