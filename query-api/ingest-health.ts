const TIMEOUT_MS = 1_500;

/** Resolves when the ingest tier at the URL is alive, rejects otherwise. */
export async function checkIngest(ingestUrl: string): Promise<void> {
  const answer = await fetch(new URL('/health/live', ingestUrl), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the ingest tier answers ${answer.status}`);
}
