import type { Command } from 'commander';
import type { Blueprint } from '../../contracts/blueprint.ts';
import { DrydockError } from '../../errors.ts';
import { checkBlueprint } from '../../model/check/check-blueprint.ts';
import { blueprintPush, readBlueprintFiles } from '../blueprint-files.ts';
import type { Context } from '../context.ts';
import { procedure } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

/** `blueprint check`, `push` and `list`. */
export function addBlueprint(program: Command, context: Context): void {
  const blueprint = program.command('blueprint').description('check blueprints and make them known to every host');
  blueprint
    .command('check <directory>')
    .description('say everything that is wrong with a blueprint')
    .option('--json', 'print one JSON object')
    .action((directory: string, options: { json?: boolean }) => {
      const { name, version } = checkedBlueprint(directory);
      const ref = `${name}@${version}`;
      context.output.out(
        options.json === true ? JSON.stringify({ outcome: 'done', blueprint: ref }) : `${ref} is fine`,
      );
    });
  procedure(blueprint.command('push <directory>'))
    .description('store a blueprint under its name and version, for ever')
    .action((directory: string, options: ProcedureOptions) => push(context, options, directory));
  blueprint
    .command('list')
    .description('what was pushed')
    .option('--json', 'print one JSON object')
    .action((options: { json?: boolean }) => runProcedure(context, options, { type: 'blueprints', request: {} }));
}

function push(context: Context, options: ProcedureOptions, directory: string): Promise<void> {
  const { name, version } = checkedBlueprint(directory);
  const request = blueprintPush(directory);
  return runProcedure(context, options, { type: 'blueprint', request, about: `${name}-${version}` });
}

/** Refuses with every problem; a push would find the same problems later. */
function checkedBlueprint(directory: string): Blueprint {
  const texts = Object.fromEntries(
    [...readBlueprintFiles(directory)].map(([path, content]) => [path, content.toString('utf8')]),
  );
  const { blueprint, problems } = checkBlueprint(texts);
  if (blueprint !== undefined && problems.length === 0) return blueprint;
  throw new DrydockError('invalid-input', `check the blueprint in ${directory}: ${problems.length} problem(s)`, {
    problems,
  });
}
