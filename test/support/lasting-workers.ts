import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type Activities, type Carrier, startRealTime, type Workers } from './temporal.ts';

/** Workers that last until they are stopped. */
export async function lasting(on: Carrier, workers: Workers): Promise<{ taskQueue: string; stop(): Promise<void> }> {
  const over = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<string>();
  const ended = on.withWorkers(workers, (taskQueue) => {
    begun.resolve(taskQueue);
    return over.promise;
  });
  ended.catch(begun.reject);
  const stop = async () => {
    over.resolve();
    await ended;
  };
  return { taskQueue: await begun.promise, stop };
}

/** The steps of one call of `withWorkers`, while it lasts. */
interface Scene {
  readonly steps: Pick<Workers, 'control' | 'hosts'>;
  readonly running: Set<Promise<unknown>>;
  isOver: boolean;
}

/**
 * The real server with workers that last as long as the file: to make them takes longer than most runs. One scene after the
 * other has its steps done by them; what a run begins for later finds nobody when its scene is over.
 */
export async function startLastingWorkers(workflows?: URL): Promise<Carrier> {
  const temporal = await startRealTime(workflows);
  const scenes = new Map<string, Scene>();
  let now: Scene | undefined;

  /** Runs are known by the names of those that tests begin; names of the others begin with these, or are new. */
  function sceneOf(workflowId: string): Scene | undefined {
    const [root = ''] = workflowId.split('/');
    const scene = scenes.get(root) ?? now;
    if (scene !== undefined) scenes.set(root, scene);
    return scene;
  }

  const doneBy = (which: (steps: Scene['steps']) => Activities | undefined): Activities => ({
    async default(input: unknown) {
      const { activityType, workflowExecution } = activityInfo();
      const scene = sceneOf(workflowExecution?.workflowId ?? '');
      const run = scene && !scene.isOver ? which(scene.steps)?.[activityType] : undefined;
      if (scene === undefined || run === undefined)
        throw ApplicationFailure.nonRetryable(`nobody does ${activityType}`);
      const running = run(input);
      scene.running.add(running);
      return running.finally(() => scene.running.delete(running));
    },
  });
  const workers = {
    control: doneBy(({ control }) => control),
    hosts: { h1: doneBy(({ hosts }) => hosts?.['h1']) },
  };
  const { taskQueue, stop } = await lasting(temporal, workers);

  return {
    ...temporal,
    async withWorkers(steps, work) {
      if (steps.taskQueue !== undefined) return temporal.withWorkers(steps, work);
      const scene: Scene = { steps, running: new Set(), isOver: false };
      now = scene;
      try {
        return await work(taskQueue);
      } finally {
        scene.isOver = true;
        await Promise.allSettled(scene.running);
      }
    },
    async close() {
      await stop();
      await temporal.close();
    },
  };
}
