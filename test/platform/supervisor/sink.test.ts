import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBoundedFile } from '../../../platform/supervisor/bounded-file.ts';
import { createSink, summarize } from '../../../platform/supervisor/sink.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidemark-sink-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('createBoundedFile', () => {
  it('keeps the present file and the one before within the bound', () => {
    const path = join(dir, 'x.log');
    const write = createBoundedFile(path, 100);
    for (let line = 0; line < 100; line++) write(`line ${line} ${'x'.repeat(20)}`);
    expect(statSync(path).size).toBeLessThanOrEqual(100);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100);
    expect(readFileSync(path, 'utf8')).toContain('line 99');
  });

  it('goes on where the last run ended', () => {
    const path = join(dir, 'x.log');
    createBoundedFile(path, 100)('first run');
    createBoundedFile(path, 100)('second run');
    expect(readFileSync(path, 'utf8')).toBe('first run\nsecond run\n');
  });
});

describe('summarize', () => {
  it('shows warnings and worse with their cause, nothing below', () => {
    expect(summarize('{"level":30,"msg":"served"}')).toBeUndefined();
    expect(summarize('{"level":40,"msg":"slow"}')).toBe('warning: slow');
    expect(summarize('{"level":50,"msg":"failed","err":{"message":"ECONNREFUSED"}}')).toBe(
      'error: failed (ECONNREFUSED)',
    );
    expect(summarize('not json')).toBeUndefined();
    expect(summarize('{broken')).toBeUndefined();
  });
});

describe('createSink', () => {
  it('keeps every line in the file and shows a repeated one once in 30 s', () => {
    const shown: string[] = [];
    let nowMs = 0;
    const sink = createSink({ name: 'ingest', logDir: dir, say: (line) => shown.push(line), now: () => nowMs });
    const line = '{"level":50,"msg":"store is away"}';
    sink.out('{"level":30,"msg":"served"}');
    sink.out(line);
    sink.out(line);
    nowMs = 30_000;
    sink.out(line);
    sink.err('(node:42) [DEP0001] DeprecationWarning: old');
    sink.err('(Use `node --trace-warnings ...` to show where the warning was created)');
    sink.err('ingest: TIDEMARK_API_PORT is taken');
    expect(shown).toEqual([
      'ingest error: store is away',
      'ingest error: store is away',
      'ingest: TIDEMARK_API_PORT is taken',
    ]);
    expect(readFileSync(join(dir, 'ingest.log'), 'utf8').trim().split('\n')).toHaveLength(7);
  });
});
