import { MigrationError } from './migration-files.ts';

/** Text in which nothing is replaced: comments, strings and quoted names. */
const quoted = /(--[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|''|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"|`(?:\\[\s\S]|[^`\\])*`)/;
const definition = /^\s*(?:CREATE|ALTER|DROP|RENAME|TRUNCATE|EXCHANGE|DETACH|ATTACH|UNDROP|OPTIMIZE|DELETE|UPDATE)\s/i;
const object = '(?:TABLE|DATABASE|MATERIALIZED\\s+VIEW|VIEW|DICTIONARY|FUNCTION)';
const namedObject = new RegExp(
  `^\\s*(?:CREATE\\s+(?:OR\\s+REPLACE\\s+)?${object}|DROP\\s+${object}|ALTER\\s+TABLE|TRUNCATE\\s+TABLE)\\s+` +
    '(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?\\w+(?:\\.\\w+)?(?=[\\s(]|$)',
  'i',
);
const table = /^\s*CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\s/i;
const engine = /\bENGINE\s*=\s*(?!Replicated|Shared)(\w*MergeTree)\b(\s*\(\s*\)|\s*\(|)/gi;
const window = /\bnon_replicated_deduplication_window\s*=\s*(\d+)/gi;

/** How long a table remembers the blocks it has, as long as the log keeps records that may be replayed; the server's default is shorter. */
const windowSeconds = 7 * 86_400;
const replica = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`;

/**
 * A statement of a migration as a cluster needs it: run on every server, tables replicated, deduplication windows those of replicated tables.
 * Without a cluster the statement as it is. Throws MigrationError for a definition whose meaning on a cluster is not known here.
 */
export function clusterStatement(statement: string, cluster: string | undefined): string {
  if (cluster === undefined || !definition.test(statement)) return statement;
  if (!namedObject.test(statement)) {
    throw new MigrationError(`cannot run on every server of a cluster: ${statement.slice(0, 80)}`);
  }
  if (table.test(statement) && !partsOf(statement).some(({ isCode, text }) => isCode && /\bENGINE\s*=/i.test(text))) {
    throw new MigrationError(`a table must name its engine to be replicated: ${statement.slice(0, 80)}`);
  }
  const replicated = partsOf(statement)
    .map(({ isCode, text }) => (isCode ? replicate(text) : text))
    .join('');
  return replicated.replace(namedObject, (head) => `${head} ON CLUSTER '${cluster}'`);
}

function partsOf(statement: string): { isCode: boolean; text: string }[] {
  return statement.split(quoted).map((text, index) => ({ isCode: index % 2 === 0, text }));
}

function replicate(code: string): string {
  return code
    .replace(engine, (_match, name: string, open: string) => {
      const hasArguments = open.endsWith('(');
      return `ENGINE = Replicated${name}(${replica}${hasArguments ? ', ' : ')'}`;
    })
    .replace(
      window,
      (_match, blocks: string) =>
        `replicated_deduplication_window = ${blocks}, replicated_deduplication_window_seconds = ${windowSeconds}`,
    );
}
