import { type LoadFnOutput, registerHooks } from 'node:module';

/**
 * postgres 3.4.9 writes from a timer that it stops but does not forget when the connection ends (porsager/postgres#1154, #1208): the write
 * then throws where nothing can catch it, and the process ends; or the next connection in its place never writes again. Mended as the
 * module is loaded, because the functions are closed over. Import this before it.
 */
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    return url.endsWith('/postgres/src/connection.js') ? mend(loaded) : loaded;
  },
});

interface Mend {
  from: string;
  to: string;
}

const forget = 'chunk = nextWriteTimer = null';
const mends: readonly Mend[] = [
  {
    from: 'const x = socket.write(chunk, fn)',
    to: `if (socket === null) {
      clearImmediate(nextWriteTimer)
      ${forget}
      error(Errors.connection('CONNECTION_CLOSED', options))
      return false
    }
    const x = socket.write(chunk, fn)`,
  },
  {
    from: `clearImmediate(nextWriteTimer)
    socket.removeListener('data', data)`,
    to: `clearImmediate(nextWriteTimer)
    ${forget}
    socket.removeListener('data', data)`,
  },
];

function mend(loaded: LoadFnOutput): LoadFnOutput {
  let text = String(loaded.source);
  for (const { from, to } of mends) {
    if (text.split(from).length !== 2)
      throw new Error('postgres is not the version that is mended here: see whether it still needs it');
    text = text.replace(from, () => to);
  }
  return { ...loaded, source: text };
}
