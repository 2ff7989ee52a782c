/** Items of a request that are not stored, and why. */
export interface Rejections {
  count: number;
  reasons: Map<string, number>;
}

export const createRejections = (): Rejections => ({ count: 0, reasons: new Map() });

export function reject(rejections: Rejections, reason: string): void {
  rejections.count += 1;
  rejections.reasons.set(reason, (rejections.reasons.get(reason) ?? 0) + 1);
}

/** One sentence a reason, with its count: `2 x label_too_long; 1 x not_finite`. Empty when nothing was rejected. */
export const describeRejections = ({ reasons }: Rejections): string =>
  [...reasons].map(([reason, count]) => `${count} x ${reason}`).join('; ');
