/** A maintenance window that mutes alerts while it is in force. */
export interface MaintenanceWindow {
  /** Number of the window, as text. */
  id: string;
  /** Names of the services it is about. */
  services: ReadonlySet<string>;
  /** When it is in force, as far as is known: milliseconds since the epoch, `from` inclusive, `to` exclusive, infinite where it waits for someone. */
  from: number;
  to: number;
}

/** Id of the window that mutes alerts about the service at that time, the one in force for longest where there are several; undefined: none does. */
export function mutingWindow(
  windows: readonly MaintenanceWindow[],
  { service, at }: { service: string; at: number },
): string | undefined {
  let muting: MaintenanceWindow | undefined;
  for (const window of windows) {
    const isMuting = window.from <= at && at < window.to && window.services.has(service);
    if (isMuting && (muting === undefined || window.from < muting.from)) muting = window;
  }
  return muting?.id;
}
