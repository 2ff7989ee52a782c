import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, offsetOf, roomFor } from '../../../processors/memory/arena.ts';

const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 3_000_000 }));
const commands = fc.array(fc.oneof(fc.record({ size }), fc.record({ give: fc.nat() })), { maxLength: 60 });

interface Piece {
  address: number;
  size: number;
  mark: number;
}

const bytesOf = (arena: Arena, { address, size: length }: Pick<Piece, 'address' | 'size'>) =>
  arena.chunkOf(address).bytes.subarray(offsetOf(address), offsetOf(address) + length);

function takeOne(arena: Arena, length: number, mark: number): Piece {
  const piece = { address: arena.take(length), size: length, mark };
  expect(bytesOf(arena, piece).every((byte) => byte === 0)).toBe(true);
  bytesOf(arena, piece).fill(mark);
  return piece;
}

function giveOne(arena: Arena, pieces: Piece[], number: number): void {
  const [piece] = pieces.splice(number % Math.max(1, pieces.length), 1);
  if (piece !== undefined) arena.give(piece.address, piece.size);
}

describe('an arena', () => {
  it('gives pieces that are zero at first, and that nobody else writes to until they are given back', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const arena = new Arena();
        const pieces: Piece[] = [];
        for (const [index, command] of list.entries()) {
          if ('give' in command) giveOne(arena, pieces, command.give);
          else pieces.push(takeOne(arena, command.size, 1 + (index % 255)));
        }
        for (const piece of pieces) expect(bytesOf(arena, piece).every((byte) => byte === piece.mark)).toBe(true);
        expect(arena.usedBytes).toBe(pieces.reduce((sum, piece) => sum + roomFor(piece.size), 0));
      }),
      { numRuns: 60 },
    );
  });

  it('gives what was given back before it takes more memory', () => {
    const arena = new Arena();
    const sizes = [10, 400, 2_800, 2_000_000];
    const before = sizes.map((one) => arena.take(one));
    for (const [index, one] of sizes.entries()) arena.give(before[index] ?? 0, one);
    expect(arena.usedBytes).toBe(0);
    expect(sizes.map((one) => arena.take(one))).toEqual(before);
  });

  it('rounds rooms up by a sixteenth at most, so that few sizes of them are there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (bytes) => {
        const room = roomFor(bytes);
        expect(room).toBeGreaterThanOrEqual(bytes);
        expect(room).toBeLessThanOrEqual(Math.max(bytes + 16, bytes * 1.0625));
        expect(room % 16).toBe(0);
        expect(roomFor(room)).toBe(room);
      }),
    );
  });

  it('knows of no memory that it did not give', () => {
    expect(() => new Arena().chunkOf(0)).toThrow(RangeError);
  });
});
