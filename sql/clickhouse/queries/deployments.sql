-- One page of deployments, newest first, then by id, behind a position: one row each; atMs in milliseconds since the epoch, gitHash empty for none.
-- An empty service or environment means any.
SELECT
    tenant,
    id,
    service,
    version,
    environment,
    git_hash AS gitHash,
    toUnixTimestamp64Milli(d.at) AS atMs,
    metadata
FROM deployments AS d FINAL
WHERE tenant IN {tenants:Array(String)}
    AND d.at >= {from:DateTime64(3, 'UTC')} AND d.at <= {until:DateTime64(3, 'UTC')}
    AND (d.at, id, tenant) < ({until:DateTime64(3, 'UTC')}, {afterId:String}, {afterTenant:String})
    AND ({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})
ORDER BY d.at DESC, id DESC, tenant DESC
LIMIT {limit:UInt32}
