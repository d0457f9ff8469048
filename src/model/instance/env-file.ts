/** `.env` files: KEY=VALUE lines, comments kept where they stand. */

// A line of the file ends at a line feed alone: a value may hold the separators U+2028 and U+2029, hence the flag s.
const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/s;

/** Values by name. Quotes around a value are taken off; nothing is interpolated. */
export function parseEnv(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = assignment.exec(line.trim());
    if (match?.[1] !== undefined) values[match[1]] = unquote(match[2] ?? '');
  }
  return values;
}

/** The template with its values replaced; variables it does not name are not added. */
export function fillTemplate(template: string, values: Record<string, string>): string {
  return template
    .split('\n')
    .map((line) => {
      const name = assignment.exec(line.trim())?.[1];
      return name !== undefined && values[name] !== undefined ? `${name}=${quote(values[name])}` : line;
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
