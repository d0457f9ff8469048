import { type InstanceFacts, Lease, leaseMessages } from '../../contracts/lease.ts';
import type { Platform } from '../running/platform.ts';
import type { Plumbing } from '../running/steps.ts';
import { Claim, type Desk } from './claim.ts';

export class LeaseClaim extends Claim<'instance'> {
  private readonly plumbing: Plumbing;

  constructor(procedure: string, platform: Platform, plumbing: Plumbing, waits: (what: string) => void) {
    super(procedure, platform, leaseDesk(platform, plumbing), waits);
    this.plumbing = plumbing;
  }

  /** Makes the instance known and takes its lease in the same call. */
  async register(facts: InstanceFacts): Promise<Lease> {
    return this.takeBy(facts.instance, (run) => this.plumbing.registerInstance({ facts, ...run }));
  }
}

function leaseDesk(platform: Platform, plumbing: Plumbing): Desk<'instance'> {
  return {
    message: leaseMessages.granted,
    description: 'The instance says that it is this procedure’s turn; sent by the instance itself',
    grant: Lease,
    kind: 'instance',
    what: 'lease',
    subjectOf: ({ instance }) => instance,
    request: (instance, run) => plumbing.requestLease({ instance, ...run }),
    withdraw: (instance, run) => plumbing.withdrawRequest({ instance, ...run }),
    release: ({ instance, token }, facts) => plumbing.releaseLease({ instance, token, facts }),
    measure: (...wait) => platform.measureWait(...wait),
  };
}
