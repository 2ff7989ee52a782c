-- Calls of the control plane with an Idempotency-Key, for 24 hours. The key itself is not kept: the id is the SHA-256 of caller, route and
-- key. Answers may hold a secret that is shown once, so they are encrypted with a key made from the pepper, which the database never sees.

CREATE TABLE idempotent_calls (
  id             bytea PRIMARY KEY CHECK (length(id) = 32),
  -- SHA-256 of path parameters, query and body.
  request        bytea NOT NULL CHECK (length(request) = 32),
  -- Who carries it out now, and until when nobody else may.
  lease          uuid NOT NULL,
  lease_until    timestamptz NOT NULL,
  -- Set in the transaction that carries the call out.
  is_applied     boolean NOT NULL DEFAULT false,
  answer         bytea,
  pepper_version integer,
  expires_at     timestamptz NOT NULL,
  CHECK ((answer IS NULL) = (pepper_version IS NULL))
);
CREATE INDEX idempotent_calls_by_expiry ON idempotent_calls (expires_at);
