declare module 'snappyjs' {
  /** The bytes as a block of the raw snappy format. */
  export function compress(bytes: Buffer): Buffer;
}
