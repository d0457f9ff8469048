import type { InstanceId, InstanceName } from '../../contracts/ids.ts';
import { type InstanceFacts, Lease, leaseMessages } from '../../contracts/lease.ts';
import type { Platform } from '../running/platform.ts';
import type { Plumbing } from '../running/steps.ts';
import { Claim, type Desk } from './claim.ts';

export class LeaseClaim extends Claim<'instance'> {
  private readonly plumbing: Plumbing;
  private readonly meant: Map<InstanceName, InstanceId>;

  constructor(procedure: string, platform: Platform, plumbing: Plumbing, waits: (what: string) => void) {
    const meant = new Map<InstanceName, InstanceId>();
    super(procedure, platform, leaseDesk(platform, plumbing, meant), waits);
    this.plumbing = plumbing;
    this.meant = meant;
  }

  /** Which instance of this name the run means: the one that first answered, unless the run said which. */
  meantBy(instance: InstanceName, id?: InstanceId): InstanceId | undefined {
    if (id !== undefined) this.meant.set(instance, id);
    return this.meant.get(instance);
  }

  /** Makes the instance known and takes its lease in the same call. */
  async register(facts: InstanceFacts): Promise<Lease> {
    this.meant.set(facts.instance, facts.id);
    return this.takeBy(facts.instance, (run) => this.plumbing.registerInstance({ facts, ...run }));
  }
}

function leaseDesk(platform: Platform, plumbing: Plumbing, meant: Map<InstanceName, InstanceId>): Desk<'instance'> {
  return {
    message: leaseMessages.granted,
    description: 'The instance says that it is this procedure’s turn; sent by the instance itself',
    grant: Lease,
    kind: 'instance',
    what: 'lease',
    subjectOf: ({ instance }) => instance,
    request: async (instance, run) => {
      const answer = await plumbing.requestLease({ instance, id: meant.get(instance), ...run });
      if (answer.id !== undefined) meant.set(instance, answer.id);
      return answer;
    },
    withdraw: (instance, run) => plumbing.withdrawRequest({ instance, ...run }),
    release: ({ instance, token }, facts) => plumbing.releaseLease({ instance, token, facts }),
    measure: (...wait) => platform.measureWait(...wait),
  };
}
