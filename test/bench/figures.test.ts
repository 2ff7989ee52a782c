import { expect, test } from 'vitest';
import { describeMachine, type Figure, formatFigures, mergeBaseline } from '../../bench/figures.ts';

const figures: Figure[] = [
  { name: 'a.rate', value: 90, unit: 'events/s', goal: { atLeast: 100 } },
  { name: 'b.time', value: 5, unit: 'ms', goal: { atMost: 10 } },
  { name: 'c.new', value: 1, unit: 'ms' },
];

test('figures are shown beside goal and baseline', () => {
  const lines = formatFigures(figures, { machine: describeMachine(), figures: { 'a.rate': 45, 'b.time': 10 } })
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  expect(lines[2]).toEqual(['a.rate', '90', 'events/s', '>= 100', 'NO', '45', '2.00']);
  expect(lines[3]).toEqual(['b.time', '5', 'ms', '<= 10', 'yes', '10', '0.50']);
  expect(lines[4]).toEqual(['c.new', '1', 'ms', '-', '-']);
});

test('the machine is described without its name', () => {
  expect(Object.keys(describeMachine()).sort()).toEqual(['cores', 'cpu', 'memoryGiB', 'node', 'system']);
});

test('a new baseline keeps what was not measured again, and the conditions it was measured under', () => {
  const old = { machine: describeMachine(), conditions: 'shared cores', figures: { 'a.rate': 45, 'z.old': 7 } };
  const merged = mergeBaseline(old, figures, describeMachine());
  expect(merged.figures).toEqual({ 'a.rate': 90, 'b.time': 5, 'c.new': 1, 'z.old': 7 });
  expect(merged.conditions).toBe('shared cores');
  const renewed = mergeBaseline({ ...old, figures: { 'a.rate': 45 } }, figures, describeMachine());
  expect(renewed).not.toHaveProperty('conditions');
});
