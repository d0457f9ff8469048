import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { blueprintPush } from '../src/client/blueprint-files.ts';
import { type Context, withOperations } from '../src/client/context.ts';
import { displayFor } from '../src/client/display.ts';
import { homeDirectory } from '../src/client/embedded/home.ts';
import { type Embedded, readEmbedded, startEmbedded } from '../src/client/embedded/plane.ts';
import { exitCodeOf } from '../src/client/exit-codes.ts';
import { follow } from '../src/client/follow.ts';
import { processContext } from '../src/client/process-context.ts';
import { formatTable } from '../src/client/table.ts';
import { DrydockError, describeError } from '../src/errors.ts';
import { measuredDuration } from '../src/model/words/duration.ts';
import { type Cast, compareTable, isBack, type Stage, type Story, tellStory, usualCast } from './story.ts';
import { removeHome, removeImages, removeInstances } from './undo-story.ts';

const blueprintDirectory = fileURLToPath(new URL('../blueprints/osmose', import.meta.url));

interface DemoOptions {
  instances: Cast;
  down?: boolean;
  images?: boolean;
}

/** The whole story on one machine, and its removal. `scripts/demo` calls it once the machine is ready. */
export function demoProgram(context: Context): Command {
  return new Command('scripts/demo')
    .description('provision two clients, damage one, bring it back, and compare')
    .addOption(
      new Option('--instances <names>', 'names of the two instances')
        .argParser(cast)
        .default(usualCast, Object.values(usualCast).join(',')),
    )
    .option('--down', 'remove everything the demonstration made')
    .option('--images', 'with --down: the images too')
    .action((options: DemoOptions) => (options.down === true ? undo(context, options) : tell(context, options)));
}

async function tell(context: Context, options: DemoOptions): Promise<void> {
  const times: string[][] = [];
  const stage = stageOf(context, times);
  const embedded = await stage.step('bring the control plane up', () => start(context));
  const story = await withOperations(context, async (operations) => {
    await stage.step('push the blueprint', async () =>
      stage.follow(await operations.blueprint(blueprintPush(blueprintDirectory), 'osmose')),
    );
    return tellStory(operations, stage, options.instances);
  });
  context.output.out(describeStory(story, times, embedded));
  if (!isBack(story)) throw new DrydockError('mismatch', 'compare before and after: they differ');
}

async function undo(context: Context, options: DemoOptions): Promise<void> {
  const stage = stageOf(context, []);
  const home = homeDirectory(context.env);
  if (readEmbedded(home) !== undefined) {
    await stage.step('bring the control plane up', () => start(context));
    await withOperations(context, (operations) => removeInstances(operations, stage, options.instances));
    await removeHome(home, stage, (line) => context.output.note(`  ${line}`));
  }
  if (options.images === true) await removeImages(stage);
  context.output.out('nothing of the demonstration is left');
}

function cast(text: string): Cast {
  const [pharma, sap, ...rest] = text.split(',');
  if (pharma && sap && rest.length === 0) return { pharma, sap };
  throw new InvalidArgumentError('must be two names, such as pharma,sap');
}

function start(context: Context): Promise<Embedded> {
  return startEmbedded({
    home: homeDirectory(context.env),
    report: (line) => context.output.note(`  ${line}`),
  });
}

function stageOf(context: Context, times: string[][]): Stage {
  return {
    step: async (title, act) => {
      const began = Date.now();
      context.output.note(`\n${title}`);
      const result = await act();
      times.push([title, measuredDuration(Date.now() - began)]);
      return result;
    },
    follow: (run) => follow(run, { display: displayFor(context.output, 'all'), interrupt: context.onInterrupt() }),
  };
}

function describeStory(story: Story, times: readonly string[][], embedded: Embedded): string {
  const addresses = Object.entries(story.addresses).flatMap(([instance, services]) =>
    Object.entries(services).map(([service, address]) => [instance, service, address]),
  );
  return [
    '',
    compareTable(story),
    '',
    `set ${story.set}: writing stopped for ${measuredDuration(story.barrierMs)} while it was taken,`,
    `the instance was unavailable for ${measuredDuration(story.unavailableMs)} while it was brought back`,
    '',
    formatTable(['STEP', 'TIME'], times),
    '',
    formatTable(['OPEN', '', ''], [...addresses, ['Temporal UI', '', embedded.uiUrl]]),
    '',
    `sets as files: ${join(embedded.home.objectStore, 'data')}; remove everything: scripts/demo --down`,
  ].join('\n');
}

if (import.meta.main) {
  const context = processContext();
  try {
    await demoProgram(context).parseAsync(process.argv);
  } catch (error) {
    context.output.note(`scripts/demo: ${describeError(error)}`);
    process.exitCode = exitCodeOf(error);
  }
}
