import { expect, it } from 'vitest';
import { type MaintenanceWindow, mutingWindow } from '../../../platform/tenancy/maintenance-windows.ts';

const createWindow = (fields: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  id: '1',
  services: new Set(['checkout']),
  from: 1_000,
  to: 2_000,
  ...fields,
});

it('a window mutes its services from its first millisecond to before its end', () => {
  const windows = [createWindow()];
  const at = [999, 1_000, 1_999, 2_000].map((time) => mutingWindow(windows, { service: 'checkout', at: time }));
  expect(at).toEqual([undefined, '1', '1', undefined]);
});

it('another service, and an alert about none, stay heard', () => {
  const windows = [createWindow(), createWindow({ id: '2', services: new Set() })];
  expect(mutingWindow(windows, { service: 'search', at: 1_500 })).toBeUndefined();
  expect(mutingWindow(windows, { service: '', at: 1_500 })).toBeUndefined();
});

it('of several windows the one that is in force for longest is named', () => {
  const windows = [createWindow({ from: 1_200 }), createWindow({ id: '2' }), createWindow({ id: '3' })];
  expect(mutingWindow(windows, { service: 'checkout', at: 1_500 })).toBe('2');
});
