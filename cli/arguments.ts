import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers within bounds, for options and arguments. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < min || number > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

/** An id as one part of a path. */
export const pathPart = (id: string): string => encodeURIComponent(id);
