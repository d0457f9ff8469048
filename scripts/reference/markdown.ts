const generated = '<!-- Written by `npm run docs`; change the schema or the command, then run it again. -->';

/** A page that is written by the generator. */
export function page(title: string, ...parts: string[]): string {
  return `${[`# ${title}`, generated, ...parts].join('\n\n')}\n`;
}
