-- What tenants define for the stateful processors, and which tenants' settings the log does not have yet.

CREATE TABLE slos (
  tenant_id    text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  id           text NOT NULL CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  name         text NOT NULL,
  subject_kind text NOT NULL CHECK (subject_kind IN ('capability', 'service')),
  subject      text NOT NULL CHECK (subject <> ''),
  metric       text NOT NULL CHECK (metric <> ''),
  -- Only events with these values.
  dimensions   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(dimensions) = 'object'),
  objective    double precision NOT NULL CHECK (objective > 0 AND objective < 1),
  -- A rolling window, or a calendar one.
  window_days  integer CHECK (window_days BETWEEN 1 AND 366),
  calendar     text CHECK (calendar IN ('week', 'month', 'quarter', 'year')),
  time_zone    text NOT NULL DEFAULT 'UTC',
  min_events   integer NOT NULL CHECK (min_events >= 1),
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CHECK ((window_days IS NULL) <> (calendar IS NULL))
);

-- How the cases of a capability run: what ends them, and how long they and their stages may take.
CREATE TABLE case_flows (
  tenant_id             text NOT NULL,
  capability            text NOT NULL,
  -- Any of them ends a case.
  end_milestones        text[] NOT NULL DEFAULT '{}',
  target_ms             bigint CHECK (target_ms > 0),
  -- Dimension of a milestone that holds the deadline of its case; empty: none.
  deadline_dimension    text NOT NULL DEFAULT '',
  -- Milliseconds by the milestone a stage begins with.
  stage_targets_ms      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(stage_targets_ms) = 'object'),
  stuck_after_ms        bigint CHECK (stuck_after_ms > 0),
  pauses_in_maintenance boolean NOT NULL DEFAULT true,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, capability),
  FOREIGN KEY (tenant_id, capability) REFERENCES capabilities (tenant_id, code) ON DELETE CASCADE
);

-- A tenant whose settings changed, until they are told in the log. `revision` grows with every change: microseconds since the epoch, so that it
-- grows too where a new control plane takes over an old log.
CREATE TABLE settings_changes (
  tenant_id text PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
  revision  bigint NOT NULL,
  told      bigint NOT NULL DEFAULT 0
);

CREATE FUNCTION note_settings_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner text := (CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END) ->> 'tenant_id';
BEGIN
  -- Nobody is told of a tenant that is gone.
  INSERT INTO settings_changes (tenant_id, revision)
  SELECT id, extract(epoch FROM clock_timestamp()) * 1000000 FROM tenants WHERE id = owner
  ON CONFLICT (tenant_id) DO UPDATE SET revision = greatest(excluded.revision, settings_changes.revision + 1);
  RETURN NULL;
END
$$;

CREATE TRIGGER slos_settings AFTER INSERT OR UPDATE OR DELETE ON slos
  FOR EACH ROW EXECUTE FUNCTION note_settings_change();
CREATE TRIGGER case_flows_settings AFTER INSERT OR UPDATE OR DELETE ON case_flows
  FOR EACH ROW EXECUTE FUNCTION note_settings_change();
CREATE TRIGGER maintenance_windows_settings AFTER INSERT OR UPDATE OR DELETE ON maintenance_windows
  FOR EACH ROW EXECUTE FUNCTION note_settings_change();
CREATE TRIGGER maintenance_window_services_settings AFTER INSERT OR UPDATE OR DELETE ON maintenance_window_services
  FOR EACH ROW EXECUTE FUNCTION note_settings_change();
