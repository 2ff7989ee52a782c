-- Anomalies that somebody resolved by hand. What found them does not know: they are joined when anomalies are read.

CREATE TABLE anomaly_resolutions (
  tenant_id   text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  anomaly_id  text NOT NULL CHECK (anomaly_id <> ''),
  -- Of the anomaly, as it is listed.
  detected_at timestamptz NOT NULL,
  resolved_at timestamptz NOT NULL,
  resolved_by text NOT NULL,
  note        text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, anomaly_id)
);
CREATE INDEX anomaly_resolutions_by_time ON anomaly_resolutions (tenant_id, detected_at DESC);
