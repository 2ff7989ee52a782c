-- Credentials of all families, and tenants that can be suspended, changed and deleted.

ALTER TABLE tenants ADD COLUMN contact_email text;
-- A deleted tenant keeps its row, so that its id and number are never given to another; its code and slug are free again.
ALTER TABLE tenants ADD COLUMN deleted_at timestamptz;
ALTER TABLE tenants DROP CONSTRAINT tenants_code_key, DROP CONSTRAINT tenants_slug_key;
CREATE UNIQUE INDEX tenants_code_key ON tenants (code) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX tenants_slug_key ON tenants (slug) WHERE deleted_at IS NULL;

ALTER TABLE api_keys ADD COLUMN rate_limit_rps integer CHECK (rate_limit_rps > 0);
ALTER TABLE api_keys DROP CONSTRAINT api_keys_permissions_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_permissions_check
  CHECK (permissions <@ ARRAY['ingest', 'query', 'status', 'incidents', 'maintenance', 'admin', 'platform']);
-- Administrators may do whatever can be done in their tenants, so also what has come since.
UPDATE api_keys SET permissions = permissions || ARRAY['status', 'incidents', 'maintenance']
WHERE permissions @> ARRAY['ingest', 'query', 'admin'];
CREATE INDEX api_keys_by_family ON api_keys (family, created_at DESC, id);

DROP TRIGGER api_keys_notify ON api_keys;
CREATE TRIGGER api_keys_notify
  AFTER INSERT OR DELETE
  OR UPDATE OF permissions, all_tenants, secret_hmac, pepper_version, expires_at, revoked_at, rate_limit_rps ON api_keys
  FOR EACH ROW EXECUTE FUNCTION notify_control('key', 'id');
