/** A run of text in which a semicolon does not end a statement: how it begins and where it ends. */
interface Quoted {
  begins: string;
  /** Index just behind the run that begins at `from`. */
  endOf(sql: string, from: number): number;
}

const quotedRuns: Quoted[] = [
  { begins: '--', endOf: (sql, from) => behind(sql, '\n', from + 2) },
  { begins: '/*', endOf: (sql, from) => behind(sql, '*/', from + 2) },
  { begins: "'", endOf: (sql, from) => behindQuote(sql, "'", from + 1) },
  { begins: '"', endOf: (sql, from) => behindQuote(sql, '"', from + 1) },
  { begins: '`', endOf: (sql, from) => behindQuote(sql, '`', from + 1) },
];
const heredoc = /\$\w*\$/y;
const comments = /--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$)/y;

/** Splits a ClickHouse script at its semicolons; those in comments, strings, quoted names and heredocs do not count. */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  let begin = 0;
  let at = 0;
  while (at < script.length) {
    if (script[at] === ';') {
      statements.push(script.slice(begin, at));
      begin = at + 1;
    }
    at = behindRun(script, at);
  }
  statements.push(script.slice(begin));
  return statements.map(withoutLeadingComments).filter((statement) => statement !== '');
}

/** Whether running the statement a second time is harmless, as needed after a crash half-way through a file. */
export function isRerunnable(statement: string): boolean {
  const words = statement.replaceAll(/\s+/g, ' ').trim();
  return rerunnableForms.some((form) => form.test(words));
}

const rerunnableForms = [
  /^CREATE (TABLE|DATABASE|DICTIONARY|VIEW|MATERIALIZED VIEW|FUNCTION) IF NOT EXISTS /i,
  /^CREATE OR REPLACE (TABLE|VIEW|DICTIONARY|FUNCTION) /i,
  /^DROP (TABLE|VIEW|DICTIONARY|FUNCTION) IF EXISTS /i,
  /^ALTER TABLE \S+ (ADD (COLUMN|INDEX|PROJECTION|CONSTRAINT) IF NOT EXISTS|DROP (COLUMN|INDEX|PROJECTION|CONSTRAINT) IF EXISTS) /i,
  /^ALTER TABLE \S+ (MODIFY|MATERIALIZE) /i,
];

function behindRun(sql: string, at: number): number {
  for (const run of quotedRuns) {
    if (sql.startsWith(run.begins, at)) return run.endOf(sql, at);
  }
  heredoc.lastIndex = at;
  const tag = heredoc.exec(sql)?.[0];
  return tag === undefined ? at + 1 : behind(sql, tag, at + tag.length);
}

function behind(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from);
  return found === -1 ? sql.length : found + mark.length;
}

function behindQuote(sql: string, quote: string, from: number): number {
  let at = from;
  while (at < sql.length && sql[at] !== quote) at += sql[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, sql.length);
}

function withoutLeadingComments(statement: string): string {
  let rest = statement.trim();
  for (;;) {
    comments.lastIndex = 0;
    const comment = comments.exec(rest)?.[0];
    if (comment === undefined) return rest;
    rest = rest.slice(comment.length).trim();
  }
}
