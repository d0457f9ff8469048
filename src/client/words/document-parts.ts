import { table as plainTable } from './markdown.ts';

/** Parts of a Markdown document that holds text of people and programs. */

export function section(title: string, body: string): string {
  return `## ${title}\n\n${body}`;
}

export function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${plain(line)}`).join('\n');
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return plainTable(
    heads,
    rows.map((row) => row.map(plain)),
  );
}

/** One line shown literally: no line break, no HTML, no escape. */
export function plain(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('<', '&lt;');
}

/** `2026-11-21 03:00` in UTC. */
export function minute(instant: string | undefined): string {
  return instant?.slice(0, 16).replace('T', ' ') ?? '—';
}
