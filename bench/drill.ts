import type { DrillReport } from '../src/contracts/drill.ts';
import { calmClients, underLoad } from './clients.ts';
import { say } from './command.ts';
import { type Figure, seconds } from './figures.ts';
import type { Instance } from './instance.ts';
import { drydock, type Plane } from './plane.ts';

/** What the clients of an instance feel while its newest set is brought up beside it, on the same two processors. */
export async function measureDrill(plane: Plane, instance: Instance): Promise<Figure[]> {
  const clients = await calmClients(plane, instance);
  try {
    const from = Date.now();
    const { recoveryMs, steps } = await drydock<DrillReport>(plane, 'drill', instance.name);
    const drill = { from, to: Date.now() };
    await clients.stop();

    const { log } = clients;
    const { failed, closed, refused, total } = log.counts(drill);
    const problems = failed + closed + refused;
    const took = seconds(drill.to - drill.from);
    say(`drill: ${took}, ${problems} of ${total} requests failed`);
    const shares = [0.5, 0.99].map((share) => {
      const [before, during] = [log.percentile(share, { to: from }), log.percentile(share, drill)];
      return {
        name: `Drill: ${share * 100} % of the clients’ requests took at most`,
        drydock: `${during.toFixed(0)} ms while it ran for ${took}`,
        byHand: `${before.toFixed(0)} ms with nothing going on`,
        ratio: (during / before).toFixed(2),
        goal: '–',
        met: undefined,
        command: underLoad('drydock drill NAME'),
        raw: { before, during },
      };
    });
    return [
      {
        name: 'Drill: requests that failed',
        drydock: `${problems} of ${total}`,
        byHand: '–',
        ratio: '–',
        goal: '0 failed',
        met: problems === 0,
        command: underLoad('drydock drill NAME'),
        raw: { counts: log.counts(drill), problems: log.problems(), recoveryMs, steps },
      },
      ...shares,
    ];
  } finally {
    await clients.stop();
  }
}
