-- Services that have sent telemetry, entered by the ingest tier when it first sees them; plans limit how many a tenant may have.

CREATE TABLE services (
  tenant_id  text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  name       text NOT NULL,
  first_seen timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, name)
);
