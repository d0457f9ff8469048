import type { Command } from 'commander';
import { commandExitCodes } from '../../src/client/exit-codes.ts';
import { buildProgram } from '../../src/client/main.ts';
import { table } from '../../src/client/words/markdown.ts';
import { errorCodes } from '../../src/errors.ts';
import { page } from './markdown.ts';

export function exitCodesPage(): string {
  const ofCommand = Object.values(commandExitCodes).map(({ exitCode, meaning }) => ({
    exitCode,
    code: '',
    meaning,
    retry: '',
  }));
  const ofErrors = Object.entries(errorCodes).map(([code, { exitCode, meaning, retry }]) => ({
    exitCode,
    code: `\`${code}\``,
    meaning,
    retry: retry ? 'yes' : 'no',
  }));
  const rows = [...ofCommand, ...ofErrors]
    .sort((one, other) => one.exitCode - other.exitCode)
    .map(({ exitCode, code, meaning, retry }) => [String(exitCode), code, meaning, retry]);
  return page(
    'Exit codes and error codes',
    'The command ends with one of these codes. The error code stands in the output of `--json`, and in the Temporal UI as ' +
      'the type of the failure. *Tried again* says whether a step that fails like this is tried again by itself.',
    table(['Exit code', 'Error code', 'Meaning', 'Tried again'], rows),
  );
}

/** The command line without anything to act on: for its help, and to ask whether a line is understood. */
export function programWithoutEffects(): Command {
  const refuse = () => Promise.reject(new Error('this program only describes itself'));
  const { signal } = new AbortController();
  return buildProgram({
    env: {},
    output: { terminal: false, out: () => {}, note: () => {} },
    connect: refuse,
    onInterrupt: () => signal,
  });
}

export function commandsPage(): string {
  const program = programWithoutEffects();
  return page(
    'Commands',
    '`./drydock` needs only the address of Temporal. It prints results on the standard output and everything else on the ' +
      'standard error. Ctrl-C leaves a procedure running and says how to come back.',
    ...leaves(program).map(commandSection),
  );
}

/** Commands that do something, without those that only group others. */
export function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function commandSection(command: Command): string {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter((option) => option.long !== '--help');
  const rows = options.map((option) => [
    `\`${option.flags}\`${option.mandatory ? ' (needed)' : ''}`,
    help.optionDescription(option),
  ]);
  const usage = help.commandUsage(command).replace(' [options]', '');
  return [
    `## ${usage}`,
    sentence(command.description()),
    ...(rows.length === 0 ? [] : [table(['Option', 'Meaning'], rows)]),
  ].join('\n\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
