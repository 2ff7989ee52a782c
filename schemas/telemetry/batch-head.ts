/** What every batch of telemetry begins with. Times are milliseconds since the epoch, UTC. */
export const BATCH_HEAD_FIELDS = [
  { name: 'tenant', type: 'string', doc: 'tenant id, org_...' },
  {
    name: 'id',
    type: 'string',
    doc: 'of the batch; a batch with the id of an earlier one of 24 hours is its repeat',
  },
  { name: 'receivedAt', type: 'long', doc: 'when ingest accepted the request' },
  { name: 'retentionDays', type: 'int', doc: 'retention of the tenant when the request was accepted' },
  {
    name: 'isRepeatable',
    type: 'boolean',
    default: false,
    doc: 'whether the id follows from the request (Idempotency-Key or body), so that a repeat is possible',
  },
] as const;
