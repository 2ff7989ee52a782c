import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRerunnable, splitStatements } from '../../../platform/migrate/split-statements.ts';

const migrations = join(import.meta.dirname, '../../../sql/clickhouse/migrations');

describe('splitStatements', () => {
  it.each([
    ['a semicolon ends a statement', 'a; b;', ['a', 'b']],
    ['the last one needs none', 'a;\nb', ['a', 'b']],
    ['comments before a statement are dropped', '-- one; two\n/* three; */ a; -- end;', ['a']],
    ['comments inside stay', 'a -- one; two\nb; c', ['a -- one; two\nb', 'c']],
    ['strings are left alone', "a 'x;y' ; b", ["a 'x;y'", 'b']],
    ['escaped and doubled quotes stay in their string', "'a\\';b' ; 'c'';d'", ["'a\\';b'", "'c'';d'"]],
    ['quoted names are left alone', 'a "x;" ; b `y;--`', ['a "x;"', 'b `y;--`']],
    ['heredocs are left alone', "a $sql$ ; ' $sql$; b $$;$$", ["a $sql$ ; ' $sql$", 'b $$;$$']],
    ['a quote in a comment opens no string', "-- it's\na; b", ['a', 'b']],
    ['two hyphens in a string open no comment', "a '--'; b", ["a '--'", 'b']],
    ['nothing makes no statement', ' ;; -- only\n;', []],
    ['an unfinished comment or string goes to the end', 'a; /* b; c', ['a']],
  ])('%s', (_, script, statements) => {
    expect(splitStatements(script)).toEqual(statements);
  });

  it('loses no text but separators and comments', () => {
    const statement = fc.stringMatching(/^[a-z(][a-z0-9 ()'.]{0,20}[a-z)]$/).filter((text) => !/'/.test(text));
    fc.assert(
      fc.property(fc.array(statement), (statements) => {
        expect(splitStatements(statements.join(';\n-- ;\n'))).toEqual(statements);
      }),
    );
  });
});

describe('isRerunnable', () => {
  it.each([
    'CREATE TABLE IF NOT EXISTS t (a Int8) ENGINE = Memory',
    'create materialized view\n  if not exists v TO t AS SELECT 1',
    'ALTER TABLE t ADD COLUMN IF NOT EXISTS b Int8',
    'DROP TABLE IF EXISTS t',
  ])('accepts %j', (statement) => {
    expect(isRerunnable(statement)).toBe(true);
  });

  it.each(['CREATE TABLE t (a Int8)', 'ALTER TABLE t ADD COLUMN b Int8', 'INSERT INTO t VALUES (1)', 'DROP TABLE t'])(
    'refuses %j',
    (statement) => {
      expect(isRerunnable(statement)).toBe(false);
    },
  );

  it('holds for every statement of the ClickHouse migrations', async () => {
    const files = (await readdir(migrations)).filter((name) => name.endsWith('.sql'));
    const statements = files.flatMap((name) => splitStatements(readFileSync(join(migrations, name), 'utf8')));
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter((statement) => !isRerunnable(statement))).toEqual([]);
  });
});
