import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Points } from '../anomalies/detect.ts';

/** One service KPI of the AIOps-2018 data: times in ms, in order, and which points were anomalous. */
export interface KpiSeries extends Points {
  labels: Uint8Array;
}

/** Every series of a folder of `timestamp,value,label` files (csv.gz, seconds). */
export function readKpis(folder: string): KpiSeries[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv.gz'));
  return files.sort().map((file) => parseKpi(gunzipSync(readFileSync(join(folder, file))).toString('utf8')));
}

export function parseKpi(csv: string): KpiSeries {
  const rows = csv.trim().split(/\r?\n/).slice(1);
  const cells = rows.map((row) => row.split(','));
  return {
    times: Float64Array.from(cells, ([time]) => Number(time) * 1000),
    values: Float64Array.from(cells, ([, value]) => Number(value)),
    labels: Uint8Array.from(cells, ([, , label]) => Number(label)),
  };
}
