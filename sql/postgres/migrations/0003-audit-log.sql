-- Who changed what in the control plane, or tried to: one row a mutating call, hash-chained per tenant and never altered.

-- The last row of each chain. Writers of one chain queue on this row for the last moment of their transactions, so a chain cannot fork.
CREATE TABLE audit_heads (
  -- Id of a tenant, or 'platform' for what concerns none or several.
  chain text PRIMARY KEY,
  seq   bigint NOT NULL,
  hash  bytea NOT NULL CHECK (length(hash) = 32)
);

-- hash = SHA-256(previous_hash, canonical JSON of the row); seq counts each chain from 1 without gaps. No reference to tenants or
-- keys: what they did outlives them.
CREATE TABLE audit_log (
  id            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  chain         text NOT NULL,
  seq           bigint NOT NULL CHECK (seq > 0),
  at            timestamptz NOT NULL,
  tenant_id     text,
  credential_id text NOT NULL,
  user_id       text,
  action        text NOT NULL,
  object_type   text NOT NULL,
  object_id     text NOT NULL,
  request_id    text NOT NULL,
  result        text NOT NULL CHECK (result IN ('ok', 'refused', 'failed')),
  -- Why it was refused or failed, as the client was told.
  code          text,
  before_hash   bytea CHECK (length(before_hash) = 32),
  after_hash    bytea CHECK (length(after_hash) = 32),
  previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
  hash          bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (chain, seq),
  CHECK ((code IS NULL) = (result = 'ok'))
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant_id, id);
CREATE INDEX audit_log_by_credential ON audit_log (credential_id, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM PUBLIC, CURRENT_USER;
