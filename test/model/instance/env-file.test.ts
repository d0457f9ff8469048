import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillTemplate, parseEnv } from '../../../src/model/instance/env-file.ts';

describe('reading', () => {
  test.each([
    ['plain', 'A=b', 'b'],
    ['empty', 'A=', ''],
    ['with an equals sign', 'A=b=c', 'b=c'],
    ['in single quotes', "A='b $c # d'", 'b $c # d'],
    ['in double quotes', 'A="b # c"', 'b # c'],
    ['with a quote in single quotes', "A='it\\'s'", "it's"],
    ['with a backslash in single quotes', "A='a\\b'", 'a\\b'],
    ['with escapes in double quotes', 'A="a\\\\b\\"c\\$d\\ne"', 'a\\b"c$d\ne'],
    ['before a comment', 'A=b # why', 'b'],
    ['that is only a comment', 'A= # fill me in', ''],
    ['in quotes before a comment', "A='b # c' # why", 'b # c'],
    ['with a number sign inside', 'A=b#c', 'b#c'],
    ['on an indented line', '  A=b', 'b'],
    ['that comes twice', 'A=a\nA=b', 'b'],
    ['that a shell would export', 'export A=a', 'a'],
    ['with spaces around its sign', 'A = a', 'a'],
  ])('a value %s', (_, text, value) => {
    expect(parseEnv(text)).toEqual({ A: value });
  });

  test('comments, empty lines and what is no assignment name nothing', () => {
    expect(parseEnv('# A=b\n\nnot an assignment\n1A=b\n')).toEqual({});
  });
});

describe('filling a template', () => {
  const template = '# Ports\nPORT=\n\n# Secrets\nSECRET=\nNAME=default # a name\n';

  test('keeps comments and order, and adds nothing that the template does not name', () => {
    expect(fillTemplate(template, { PORT: '8000', OTHER: 'x' })).toBe(
      '# Ports\nPORT=8000\n\n# Secrets\nSECRET=\nNAME=default # a name\n',
    );
  });

  test('a variable may be called like something that every object has', () => {
    expect(fillTemplate('constructor=\ntoString=a', {})).toBe('constructor=\ntoString=a');
    const text = '__proto__=a\nconstructor=b';
    expect(fillTemplate('__proto__=\nconstructor=', parseEnv(text))).toBe(text);
  });

  // Text that Compose 2 was seen to read as the value on the left.
  test.each([
    ['a-b_c.d/e:f', 'SECRET=a-b_c.d/e:f'],
    ['p$ss#word', "SECRET='p$ss#word'"],
    ['two words', "SECRET='two words'"],
    ['say "hi"', `SECRET='say "hi"'`],
    ["it's", 'SECRET="it\'s"'],
    ['ends with \\', 'SECRET="ends with \\\\"'],
    ['$a\\b', 'SECRET="\\$a\\\\b"'],
    ['two\nlines', 'SECRET="two\\nlines"'],
  ])('writes %j so that Compose reads it back', (value, line) => {
    expect(fillTemplate('SECRET=', { SECRET: value })).toBe(line);
  });

  test('any value is read back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(parseEnv(fillTemplate(template, { SECRET: value }))).toEqual({
          PORT: '',
          SECRET: value,
          NAME: 'default',
        });
      }),
    );
    const awkward = fc.string({
      unit: fc.constantFrom('\\', "'", '"', '$', '#', ' ', 'n', '\n', '\r', '\u2028', '{', '}'),
    });
    fc.assert(
      fc.property(awkward, (value) => {
        expect(parseEnv(fillTemplate('SECRET=', { SECRET: value }))).toEqual({ SECRET: value });
      }),
      { numRuns: 500 },
    );
  });
});
