import { readFile } from 'node:fs/promises';

/** A document for operators, so that a test can do what it says. */
export interface Runbook {
  readonly text: string;
  /** The `sh` blocks, in order. */
  readonly commands: readonly string[];
  /** The one `sh` block that contains this. */
  commandsWith(part: string): string;
  /** The input in the `json` block for this workflow type. */
  request(type: string): Record<string, unknown>;
}

/** Reads a runbook, or one section of it. */
export async function readRunbook(name: string, heading?: string): Promise<Runbook> {
  const whole = await readFile(new URL(`../../docs/runbooks/${name}`, import.meta.url), 'utf8');
  const text = heading === undefined ? whole : sectionOf(whole, heading);
  const commands = blocks(text, 'sh');
  return {
    text,
    commands,
    commandsWith: (part) => only(commands, part, `blocks of ${name}`),
    request: (type) => JSON.parse(only(blocks(text, `json ${type}`), '', `requests ${type} of ${name}`)),
  };
}

/** The runbook's text with names of our instances, the id of a real set, and a moment in the future. */
export function inPlace(text: string, names: Readonly<Record<string, string>>, set?: string): string {
  const soon = new Date(Date.now() + 86_400_000).toISOString();
  const moments = text.replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, soon);
  const sets = set === undefined ? moments : moments.replaceAll(/\b\d{8}T\d{6}Z-[0-9a-f]{8}\b/g, set);
  // Replaced in one pass: one of our names may hold a name of the runbook.
  return sets.replaceAll(new RegExp(`\\b(?:${Object.keys(names).join('|')})\\b`, 'g'), (name) => names[name] ?? name);
}

function sectionOf(text: string, heading: string): string {
  const found = text.split(/^(?=## )/m).find((section) => section.startsWith(`## ${heading}\n`));
  if (found === undefined) throw new Error(`no section “${heading}”`);
  return found;
}

function blocks(text: string, info: string): string[] {
  const fenced = [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)];
  return fenced.flatMap(([, about, body]) => (about === info && body !== undefined ? [body] : []));
}

function only(among: readonly string[], part: string, what: string): string {
  const found = among.filter((text) => text.includes(part));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  throw new Error(`${found.length} ${what} have “${part}”`);
}
