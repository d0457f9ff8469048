import ora, { type Ora } from 'ora';
import type { Output } from './output.ts';
import type { ProgressLine } from './progress-view.ts';

/** The place that shows a run's progress. */
export interface Display {
  line(line: ProgressLine): void;
  /** Shows the present activity. */
  current(text: string): void;
  close(): void;
}

const symbols: Record<ProgressLine['kind'], string> = {
  started: '·',
  done: '✔',
  failed: '✖',
  undone: '↩',
  waiting: '…',
};

/** `waits` shows only why nothing moves: for quick questions, and for programs that read the result. */
export function displayFor(output: Output, amount: 'all' | 'waits'): Display {
  if (amount === 'waits') return waitsDisplay(output);
  return output.terminal ? terminalDisplay() : plainDisplay(output);
}

function waitsDisplay(output: Output): Display {
  return {
    line: ({ kind, text }) => {
      if (kind === 'waiting') output.note(`waiting  ${text}`);
    },
    current: () => {},
    close: () => {},
  };
}

/** Finished steps stay, one line each; the last line turns and shows the present activity. */
function terminalDisplay(): Display {
  // Ctrl-C stays a signal, and typed-ahead input is left to the shell.
  const spinner: Ora = ora({ stream: process.stderr, discardStdin: false }).start();
  return {
    line: ({ kind, text }) => {
      if (kind === 'started') return;
      const now = spinner.text;
      spinner.stopAndPersist({ symbol: symbols[kind], text });
      spinner.start(now);
    },
    current: (text) => {
      spinner.text = fitted(text, process.stderr.columns ?? 80);
    },
    close: () => spinner.stop(),
  };
}

/** A line for every start and end, and one every ten seconds about long work. */
function plainDisplay(output: Output): Display {
  let saidAt = Date.now();
  let said = '';
  const everyMs = 10_000;
  const say = (word: string, text: string) => {
    saidAt = Date.now();
    output.note(`${word.padEnd(8)} ${text}`);
  };
  return {
    line: ({ kind, text }) => say(kind, text),
    current: (text) => {
      if (text === said || Date.now() - saidAt < everyMs) return;
      said = text;
      say('running', text);
    },
    close: () => {},
  };
}

/** One row: a line that wraps cannot be redrawn in place. */
function fitted(text: string, columns: number): string {
  const room = Math.max(20, columns - 4);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}
