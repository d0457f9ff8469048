import type { Identity, InstanceId, InstanceName } from '../../contracts/ids.ts';
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

  /** Says which instance of its name the run means; a run that does not say it means the one that first answers. */
  means({ instance, id }: Identity): void {
    this.meant.set(instance, id);
  }

  /** Makes the instance known and takes its lease in the same call. */
  async register(facts: InstanceFacts): Promise<Lease> {
    this.means(facts);
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
