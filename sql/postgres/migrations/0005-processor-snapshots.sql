-- The state of the stateful processors, one head a partition of the log and what it is made of in parts. Head and parts change together.

CREATE TABLE processor_snapshots (
  consumer_group text NOT NULL,
  topic          text NOT NULL,
  partition      integer NOT NULL,
  -- Also in the metadata of the group's commits: which log, and which life of the group, the offset belongs to.
  lineage        text NOT NULL,
  -- Of the owner; a smaller one of the same lineage can no longer write.
  epoch          bigint NOT NULL,
  -- The next record to fold; NULL before the first snapshot.
  log_offset     bigint,
  saved_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, topic, partition)
);

CREATE TABLE processor_snapshot_parts (
  consumer_group text NOT NULL,
  topic          text NOT NULL,
  partition      integer NOT NULL,
  section        text NOT NULL,
  bucket         integer NOT NULL,
  body           bytea NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition, section, bucket)
);
-- It is packed already.
ALTER TABLE processor_snapshot_parts ALTER COLUMN body SET STORAGE EXTERNAL;
