/** Whether an address, or the name of one to listen on, is this machine's own. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:localhost$|::1$|(?:::ffff:)?127\.)/i.test(address);
}
