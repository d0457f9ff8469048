import { type Command, InvalidArgumentError, Option } from 'commander';
import { readFullName } from '../model/instance/names.ts';

/** Options shared by several verbs. */

/** For every verb that starts a procedure. */
export function procedure(command: Command): Command {
  return command
    .option('--detach', 'start it and leave; drydock watch comes back')
    .option('--json', 'print one JSON object: the result, or the error');
}

/** For every verb whose procedure takes the lease of an instance. */
export function waitMinutes(): Option {
  return new Option(
    '--wait-minutes <minutes>',
    'how long to wait while another procedure holds the instance',
  ).argParser(number);
}

/** `pharma`, or the full name of an instance that was removed, such as `pharma.01K9D2T4N6QX8ZB3C5E7G9J1KM`. */
export function nameOrFullName(text: string): { instance: string; id?: string } {
  return readFullName(text) ?? { instance: text };
}

/** Collects repeated KEY=VALUE options. */
export function keyValue(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('must be KEY=VALUE');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('must be a number');
}
