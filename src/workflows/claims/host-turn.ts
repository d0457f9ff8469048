import { HostTurn, turnMessages } from '../../contracts/lease.ts';
import type { Platform } from '../running/platform.ts';
import type { Plumbing } from '../running/steps.ts';
import { Claim } from './claim.ts';

/** The turn of one night job on a host, where heavy jobs run one after the other. */
export class HostTurnClaim extends Claim<'host'> {
  constructor(job: string, platform: Platform, plumbing: Plumbing, waits: (what: string) => void) {
    super(
      job,
      platform,
      {
        message: turnMessages.granted,
        description: 'The host says that it is this job’s turn; sent by the entity of the host itself',
        grant: HostTurn,
        kind: 'host',
        what: 'turn',
        subjectOf: ({ host }) => host,
        request: (host, run) => plumbing.requestTurn({ host, ...run }),
        withdraw: (host, run) => plumbing.withdrawTurn({ host, ...run }),
        release: ({ host, token }) => plumbing.releaseTurn({ host, token }),
      },
      waits,
    );
  }
}
