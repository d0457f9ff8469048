/** The command's outputs. Results go to `out`, everything else to `note`, so that pipes stay clean. */
export interface Output {
  out(text: string): void;
  note(text: string): void;
  /** True when `note` reaches a terminal that can redraw a line. */
  readonly terminal: boolean;
}

export const processOutput: Output = {
  out: (text) => process.stdout.write(`${text}\n`),
  note: (text) => process.stderr.write(`${text}\n`),
  terminal: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
};
