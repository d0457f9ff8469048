/** `.env` files: KEY=VALUE lines, comments kept where they stand. */

// A line of the file ends at a line feed alone: a value may hold the separators U+2028 and U+2029, hence the flag s.
const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/s;

/** Values by name. Quotes around a value are taken off; nothing is interpolated. */
export function parseEnv(text: string): Record<string, string> {
  // A variable may be called like something that every object has, so nothing is assigned to an object here.
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value = ''] = assignment.exec(line.trim()) ?? [];
      return name === undefined ? [] : [[name, unquote(value)] as const];
    }),
  );
}

/** The template with its values replaced; variables it does not name are not added. */
export function fillTemplate(template: string, values: Record<string, string>): string {
  return template
    .split('\n')
    .map((line) => {
      const name = assignment.exec(line.trim())?.[1];
      const value = name !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
      return value === undefined ? line : `${name}=${quote(value)}`;
    })
    .join('\n');
}

// Single-quoted values are literal for Compose, so `$` and `#` in a secret survive; backslashes and line breaks do not.
function quote(value: string): string {
  if (/^[\w@%+=:,./-]*$/.test(value)) return value;
  if (!/[\\'\n\r]/.test(value)) return `'${value}'`;
  return `"${value
    .replaceAll(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')}"`;
}

/** What Compose reads: the text between quotes, or up to a comment. */
function unquote(text: string): string {
  const literal = /^\s*'((?:[^'\\]|\\.)*)'/s.exec(text)?.[1];
  if (literal !== undefined) return literal.replaceAll("\\'", "'");
  const escaped = /^\s*"((?:[^"\\]|\\.)*)"/s.exec(text)?.[1];
  if (escaped === undefined) return text.replace(/\s#.*$/s, '').trim();
  return escaped.replaceAll(/\\([\\"$nr])/g, (_, letter: string) => lineBreaks[letter] ?? letter);
}

const lineBreaks: Record<string, string> = { n: '\n', r: '\r' };
