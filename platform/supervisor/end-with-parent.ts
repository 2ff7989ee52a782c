const lookEveryMs = 500;

/**
 * Drains this process when the one that started it is gone. For a program started by `npm start`: npm hands signals on, but a killed npm
 * would leave it behind, owned by nobody.
 */
export function endWithParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, lookEveryMs);
  timer.unref();
}
