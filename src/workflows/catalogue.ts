import { blueprintContract, blueprintsContract } from '../contracts/blueprints.ts';
import { identityOf } from '../contracts/ids.ts';
import { objectivesContract } from '../contracts/objectives.ts';
import { reportContract } from '../contracts/report.ts';
import { setContract, setsContract } from '../contracts/sets.ts';
import { procedure } from './running/procedure.ts';

/** Checks a blueprint and stores it under its version, for ever. Nothing to undo: storing is one conditional write. */
export const blueprint = procedure({
  ...blueprintContract,
  steps: (push, run) => run.control.publishBlueprint({ push }),
});

/** Lists the pushed blueprints. */
export const blueprints = procedure({
  ...blueprintsContract,
  steps: async (_, run) => ({ blueprints: await run.control.listBlueprints() }),
});

/** Lists the recovery sets of an instance, newest first. */
export const sets = procedure({
  ...setsContract,
  steps: async ({ instance, id, removed }, run) => {
    const lives = removed
      ? await run.control.removedLives({ instance })
      : [await run.control.identify({ instance, id })];
    const sets = [];
    for (const life of lives.toReversed()) sets.push(...(await run.control.listSets({ of: identityOf(life) })));
    return { instance, lives, sets };
  },
});

/** Shows one manifest, whole. */
export const set = procedure({
  ...setContract,
  steps: async (request, run) => ({ manifest: await run.control.readManifest({ set: request.set }) }),
});

/** Compares the promises for an instance with the proof of its sets, drills and restores. */
export const objectives = procedure({
  ...objectivesContract,
  steps: async ({ instance }, run) => run.control.computeObjectives({ of: await run.control.identify({ instance }) }),
});

/** Reports what is proven of one month of an instance. */
export const report = procedure({
  ...reportContract,
  steps: async ({ instance, id, month }, run) => {
    return run.control.composeReport({ of: identityOf(await run.control.identify({ instance, id })), month });
  },
});
