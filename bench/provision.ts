import { run, say, timed } from './command.ts';
import { type Figure, type Pair, ratioFigure } from './figures.ts';
import { decommission, type Instance, newInstance, provision } from './instance.ts';
import type { Plane } from './plane.ts';

const composeUp = ['compose', 'up', '--detach', '--wait'];

/**
 * Drydock makes an instance and proves that it answers; then Compose alone brings the same rendered project up, on
 * volumes that are as empty.
 */
export async function measureProvision(plane: Plane, pairs: number, made: (one: Instance) => void): Promise<Figure> {
  const seen: Pair[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const instance = newInstance(plane);
    made(instance);
    const { ms: drydockMs } = await timed(() => provision(plane, instance));
    await emptyAgain(instance);
    const { ms: byHandMs } = await timed(() => run('docker', composeUp, { directory: instance.directory }));
    say(`provision ${pair}/${pairs}: Drydock ${drydockMs} ms, Compose alone ${byHandMs} ms`);
    seen.push({ drydockMs, byHandMs });
    await decommission(plane, instance);
  }
  const command = '`drydock provision NAME --blueprint osmose@1.0.0` against `docker compose up --detach --wait`';
  return ratioFigure('Provision', seen, undefined, command, {});
}

async function emptyAgain({ directory, project }: Instance): Promise<void> {
  await run('docker', ['compose', 'down'], { directory });
  const listed = await run('docker', ['volume', 'ls', '--quiet', '--filter', `name=${project}_`]);
  for (const volume of listed.split('\n').filter((line) => line !== '')) {
    const labels = JSON.parse(
      await run('docker', ['volume', 'inspect', volume, '--format', '{{json .Labels}}']),
    ) as object;
    await run('docker', ['volume', 'rm', volume]);
    const given = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]);
    await run('docker', ['volume', 'create', ...given, volume]);
  }
}
