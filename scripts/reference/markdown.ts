const generated = '<!-- Written by `npm run docs`; change the schema or the command, then run it again. -->';

/** A page that is written by the generator. */
export function page(title: string, ...parts: string[]): string {
  return `${[`# ${title}`, generated, ...parts].join('\n\n')}\n`;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = heads.map((head, column) => head !== '' || rows.some((row) => row[column] !== ''));
  const line = (cells: readonly string[]) =>
    `| ${cells
      .filter((_, column) => kept[column])
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
