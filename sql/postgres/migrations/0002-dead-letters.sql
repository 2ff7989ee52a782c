-- Records of the log that nothing could be read from, and what became of them: one row a position of the log, whatever is delivered twice.

CREATE TABLE dead_letters (
  topic           text NOT NULL,
  partition       integer NOT NULL,
  log_offset      bigint NOT NULL,
  reason          text NOT NULL,
  appended_at     timestamptz NOT NULL,
  -- Length in the log; `value` may be cut.
  value_bytes     integer NOT NULL,
  value           bytea NOT NULL,
  replayed_at     timestamptz,
  replayed_offset bigint,
  PRIMARY KEY (topic, partition, log_offset),
  CHECK ((replayed_at IS NULL) = (replayed_offset IS NULL))
);
CREATE INDEX dead_letters_by_age ON dead_letters (appended_at);
