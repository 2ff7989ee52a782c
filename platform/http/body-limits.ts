/** Largest request body, before and after decompression: 4 MiB. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** A compressed body may grow at most by this factor. */
export const MAX_INFLATE_RATIO = 50;
/** Bodies that inflate to no more than this pass whatever their ratio: 16 KiB. */
export const MIN_INFLATE_BOUND_BYTES = 16 * 1024;
/** Levels of nested objects and arrays. */
export const MAX_JSON_DEPTH = 16;
/** Keys of one JSON object. */
export const MAX_JSON_KEYS = 64;
