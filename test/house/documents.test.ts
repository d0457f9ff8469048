import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { leaves, programWithoutEffects } from '../../scripts/reference/command-pages.ts';
import { referenceDirectory, referencePages } from '../../scripts/reference/main.ts';
import { entities, procedures } from '../../src/contracts/procedures.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = markdownBelow(root).map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));

/** Inputs by workflow type. An entity is only started by hand after Temporal has lost its data. */
const requestSchemas: Record<string, z.ZodType> = Object.fromEntries(
  [...procedures, ...entities].map(({ type, request }) => [type, request]),
);

describe('the reference', () => {
  test.each(Object.entries(referencePages()))(
    '%s is what the generator writes; `npm run docs` writes it',
    (name, text) => {
      expect(readFileSync(join(referenceDirectory, name), 'utf8')).toBe(text);
    },
  );

  test('every example is a request that is accepted', () => {
    for (const { type, request, example } of procedures) {
      expect(request.safeParse(example).error?.message, type).toBeUndefined();
    }
  });
});

describe('every document', () => {
  test.each(documents)('$path has no dead link', ({ path, text }) => {
    expect(linksOf(text).filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });

  test.each(documents)('$path names only sources that there are', ({ text }) => {
    const named = [...text.matchAll(/`((?:src|test|bench|scripts|demo)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test.each(documents)('$path has only commands that are understood', async ({ text }) => {
    const refused: string[] = [];
    for (const line of commandsOf(text)) if (!(await isUnderstood(line))) refused.push(line);
    expect(refused).toEqual([]);
  });

  test.each(documents)('$path has only requests that are accepted', ({ text }) => {
    const refused = requestsOf(text).filter(
      ({ type, json }) => requestSchemas[type]?.safeParse(JSON.parse(json)).success !== true,
    );
    expect(refused).toEqual([]);
  });
});

test('a line with an unknown verb, option or choice is not understood', async () => {
  for (const line of ['drydock frobnicate pharma', 'drydock backup pharma --fast', 'drydock read-only pharma maybe']) {
    expect(await isUnderstood(line), line).toBe(false);
  }
});

function markdownBelow(directory: string): string[] {
  const left = new Set(['node_modules', '.git', '.drydock']);
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return left.has(entry.name) ? [] : markdownBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Fenced blocks whose info string begins with a language: `sh`, or `json backup` for an input of `backup`. */
function blocksOf(text: string, language: string): { about: string; body: string }[] {
  return [...text.matchAll(/^```(\S+)[ \t]*(.*)\n([\s\S]*?)^```/gm)].flatMap(([, found, about, body]) =>
    found === language ? [{ about: about ?? '', body: body ?? '' }] : [],
  );
}

/** Lines of `sh` blocks that call the command, with those that end in a backslash joined. */
function commandsOf(text: string): string[] {
  return blocksOf(text, 'sh')
    .flatMap(({ body }) => body.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim().replace(/^([A-Z_]+=\S* )+/, ''))
    .filter((line) => /^(\.\/)?drydock( |$)/.test(line));
}

function requestsOf(text: string): { type: string; json: string }[] {
  return blocksOf(text, 'json').flatMap(({ about, body }) => (about === '' ? [] : [{ type: about, json: body }]));
}

/** Asks the real command line whether it understands a line; nothing is carried out. */
async function isUnderstood(line: string): Promise<boolean> {
  const program = programWithoutEffects();
  for (const leaf of leaves(program)) leaf.action(() => {});
  try {
    await program.parseAsync(wordsOf(line).slice(1), { from: 'user' });
    return true;
  } catch {
    return false;
  }
}

/** Words of a simple command as a shell would split them, up to a comment, pipe or redirection. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)];
  const end = words.findIndex(([, , , bare]) => bare !== undefined && /^(#|\||>|2>|;|&)/.test(bare));
  return (end === -1 ? words : words.slice(0, end)).map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

function linksOf(text: string): string[] {
  const withoutCode = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`]*`/g, '');
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((link) => !/^https?:/.test(link));
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(root, from) : join(root, dirname(from), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
}

/** Anchors of headings, as forges make them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
