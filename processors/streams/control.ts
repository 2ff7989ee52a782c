import type { ControlRecord } from '../../schemas/control/control-record.ts';
import { decodeControlRecord } from '../../schemas/control/control-record-codec.ts';
import type { StreamBatch } from './stream.ts';

/** A record among the others of a stream that holds no items: what it says is for the stateful processors. */
export interface ControlBatch extends StreamBatch<never> {
  control: ControlRecord;
}

export const isControl = (batch: StreamBatch): batch is ControlBatch => 'control' in batch;

/** Reads control records beside those of a stream. Never throws; a text says why the bytes hold neither. */
export function withControl<Batch extends StreamBatch>(
  decode: (bytes: Uint8Array) => Batch | string,
): (bytes: Uint8Array) => Batch | ControlBatch | string {
  return (bytes) => {
    const batch = decode(bytes);
    if (batch !== 'unknown_schema') return batch;
    const control = decodeControlRecord(bytes);
    return typeof control === 'string' ? control : toControlBatch(control);
  };
}

const toControlBatch = (control: ControlRecord): ControlBatch => ({
  ...{ tenant: control.tenant, receivedAt: control.at, retentionDays: 0 },
  ...{ clientIds: false, events: [], control },
});
