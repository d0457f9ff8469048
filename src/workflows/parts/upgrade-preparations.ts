import { type Instant, identityOf, type SetId } from '../../contracts/ids.ts';
import type { Lease } from '../../contracts/lease.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { DrydockError } from '../../errors.ts';
import type { Run } from '../running/run.ts';
import { takeSet } from './nested.ts';

/** What both ways of an upgrade report about the switch. */
export interface Switched {
  readonly safetySet: SetId;
  readonly switchedAt: Instant;
  readonly readOnlyMs: number;
  /** How long the exchange of generations took; 0 beside. */
  readonly unavailableMs: number;
}

/** The set to fall back on when even the way back fails: a young set of this release will do, if the plan says so. */
export async function safetySet(plan: UpgradePlan, lease: Lease, run: Run): Promise<SetId> {
  const { from } = plan;
  const { kind, maxAgeHours } = plan.safetySet;
  const recent =
    kind === 'fresh' ? {} : await run.control.recentSet({ of: identityOf(lease), maxAgeHours, blueprint: from.digest });
  return recent.set ?? takeSet(run, lease, 'safety');
}

interface ReadOnly {
  /** Admits writes again; returns for how long they were refused, in milliseconds. */
  end(): Promise<number>;
}

/** Turns writing off, if the plan says so. A write that does not end fails the upgrade, before any migration. */
export async function beginReadOnly(plan: UpgradePlan, lease: Lease, run: Run): Promise<ReadOnly> {
  const { instance, to, readOnly } = plan;
  if (readOnly.needed === 'no') return { end: async () => 0 };
  const host = run.host(lease);
  const { workflowId: by } = run.id;

  run.undo.before('admit writes again', () => host.releaseReadOnly({ instance, by }));
  const begun = await host.holdReadOnly({ instance, by, reason: `upgrade to ${to.ref}` });
  if (begun.writesLeft > 0) {
    throw new DrydockError('unhealthy', `turn writing off on ${instance}: ${begun.writesLeft} writes do not end`, {
      next: 'look for a client that holds a request open, or choose a quieter window',
    });
  }
  return {
    end: async () => {
      const ended = await host.releaseReadOnly({ instance, by });
      return Date.parse(ended.at) - Date.parse(begun.at);
    },
  };
}
