-- Events accepted of each tenant in each calendar month (UTC), for the quotas of plans. Written by the ingest tier every few seconds. No
-- reference to tenants: the count of one that is deleted meanwhile must not keep those of others from being written.

CREATE TABLE tenant_events (
  tenant_id text NOT NULL,
  month     date NOT NULL CHECK (extract(day FROM month) = 1),
  events    bigint NOT NULL CHECK (events >= 0),
  PRIMARY KEY (tenant_id, month)
);
