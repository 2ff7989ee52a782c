-- Requests taken of each budget in each window by the processes of the tiers, in parts. Unlogged: after a crash of the server a window
-- starts anew, and that is all that is lost.

CREATE UNLOGGED TABLE rate_budgets (
  bucket          text NOT NULL,
  window_start_ms bigint NOT NULL,
  window_end_ms   bigint NOT NULL,
  -- May pass the limit: who takes beyond it gets nothing.
  taken           bigint NOT NULL,
  PRIMARY KEY (bucket, window_start_ms)
) WITH (fillfactor = 50);
