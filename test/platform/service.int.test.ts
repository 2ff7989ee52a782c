import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../platform/config.ts';
import { describeStartError } from '../../platform/service.ts';
import { runProgram } from '../support/processes.ts';

const script = 'test/support/stand-in/service.ts';
const startAs = (behaviour: string) => runProgram(script, [behaviour]);

describe('runService', () => {
  it('drains once on SIGTERM and exits with 0', async () => {
    const program = startAs('serve');
    await program.line(/^started$/);
    program.kill('SIGTERM');
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.lines.filter((line) => line === 'drained')).toHaveLength(1);
  });

  it('reports ready over IPC and drains when the channel closes', async () => {
    const child = fork(fileURLToPath(new URL(`../../${script}`, import.meta.url)), ['serve'], { stdio: 'ignore' });
    const message = await new Promise((resolve) => child.once('message', resolve));
    expect(message).toEqual({ type: 'ready', urls: { api: 'http://127.0.0.1:1' } });
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    expect(await exit).toBe(0);
  });

  it('says in one line why it cannot start and exits with 1', async () => {
    const program = startAs('fail');
    expect(await program.ended).toMatchObject({ code: 1 });
    expect(program.lines).toEqual(['stand-in: TIDEMARK_X is "y"; expected z']);
  });

  it('names the taken port', async () => {
    const program = startAs('listen-twice');
    expect(await program.ended).toMatchObject({ code: 1 });
    expect(program.lines).toEqual([
      expect.stringMatching(/^stand-in: port \d+ of 127\.0\.0\.1 is taken by another program$/),
    ]);
  });

  it('exits with 1 and the stack on an error that reaches nobody', async () => {
    const program = startAs('reject-later');
    expect(await program.ended).toMatchObject({ code: 1 });
    expect(program.lines.join('\n')).toContain('stand-in: stopped by an unexpected error: Error: lost promise');
    expect(program.lines.join('\n')).toContain('    at ');
  });

  it('lets V8 give memory back when it rests', async () => {
    const program = startAs('tell-memory');
    await program.line(/Memory reducer: low alloc/);
    await program.line(/Memory reducer: started GC/);
    program.kill('SIGTERM');
    await program.ended;
  }, 20_000);

  it('exits with 1 when it has not drained within 8 s', async () => {
    const program = startAs('hang');
    await program.line(/^started$/);
    program.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 1 });
    expect(program.lines.at(-1)).toBe('stand-in: did not stop within 8 s');
  }, 15_000);
});

describe('describeStartError', () => {
  it('is one line with the causes in brackets', () => {
    const error = new Error('no store', { cause: new Error('connect refused\n  by host') });
    expect(describeStartError(error)).toBe('no store (connect refused by host)');
    expect(describeStartError(new ConfigError('X is 1; expected 2'))).toBe('X is 1; expected 2');
    expect(describeStartError('text')).toBe('text');
  });
});
