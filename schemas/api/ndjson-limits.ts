/** Limits of bodies that are streamed line by line (application/x-ndjson). */
export const NDJSON_LIMITS = {
  /** Of the whole body, before and after decompression: 256 MiB. */
  bodyBytes: 256 * 1024 * 1024,
  /** Of one line: 1 MiB. */
  lineBytes: 1024 * 1024,
  /** Lines that are stored together, all or none of them. */
  chunkLines: 1_000,
  /** Bytes of lines that are stored together. */
  chunkBytes: 4 * 1024 * 1024,
  /** From the first byte of the body to its last. */
  durationMs: 10 * 60_000,
  /** For what is still being sent when the answer is known already. */
  lingerMs: 10_000,
} as const;

export const NDJSON_TYPE = 'application/x-ndjson';
