import { identityOf } from '../../contracts/ids.ts';
import {
  type Claimant,
  ClaimingRun,
  type InstanceEntity,
  InstanceFacts,
  type InstanceState,
  instanceEntity,
  type LeaseAnswer,
  LeaseRelease,
  leaseMessages,
} from '../../contracts/lease.ts';
import { Hold, NightOutcome, nightMessages } from '../../contracts/night.ts';
import { DrydockError } from '../../errors.ts';
import { fullName } from '../../model/instance/names.ts';
import { withOutcome } from '../../model/nights/night-job.ts';
import { startSettling } from '../parts/nested.ts';
import { instanceDetails } from '../running/details.ts';
import type { Platform } from '../running/platform.ts';
import { ClaimQueue } from './claim-queue.ts';
import { entity } from './entity.ts';
import { type Holder, LeaseRequest, onMessage, onRequest } from './messages.ts';

/**
 * The entity of one instance: grants its lease to one procedure after the other, and keeps what operators want to know.
 * Before:  the provisioning procedure starts the entity in the same call that asks for the lease.
 * After:   the instance is decommissioned and nobody waits for the lease.
 * Failure: none; malformed messages are refused or ignored, and so is a cancellation, which would lose queue and token.
 */
export const instance = entity({
  ...instanceEntity,
  serve: (state, platform) => new Entity(state, platform).serve(),
});

class Entity {
  private facts: InstanceFacts;
  private dead: string[];
  private hold: Hold | undefined;
  private nights: Record<string, NightOutcome>;
  private readonly platform: Platform;
  private readonly queue: ClaimQueue;

  constructor(state: InstanceEntity, platform: Platform) {
    this.facts = state.facts;
    this.dead = state.dead;
    this.hold = state.hold;
    this.nights = state.nights;
    this.platform = platform;
    this.queue = new ClaimQueue(state, platform, {
      message: leaseMessages.granted,
      what: 'lease',
      grant: (token) => ({ ...identityOf(this.facts), host: this.facts.host, token }),
      isOver: () => this.facts.status === 'decommissioned' && this.queue.idle,
      afterDeath: (holder) => this.afterDeath(holder),
      show: () => this.show(),
    });
    this.answerMessages();
  }

  /** Serves until the instance is gone (then undefined), or the history is long (then the state for the next run). */
  async serve(): Promise<InstanceEntity | undefined> {
    return (await this.queue.serve()) === 'over' ? undefined : this.carriedOver();
  }

  /** Starts a settling of what a dead holder left behind, before anybody else works on the instance. */
  private async afterDeath(holder: Holder): Promise<Claimant | undefined> {
    if (this.facts.status !== 'serving') return undefined;
    this.dead = [...new Set([...this.dead, holder.workflowId])];
    return startSettling(this.platform, this.facts, this.dead);
  }

  private answerMessages(): void {
    const { platform } = this;
    onRequest(platform, {
      name: leaseMessages.request,
      description: 'A procedure asks for the lease',
      payload: LeaseRequest,
      refusal: (request) => this.refusal(request),
      answer: (request) => this.request(request),
    });
    onMessage(platform, {
      name: leaseMessages.withdraw,
      description: 'A procedure no longer wants the lease',
      payload: ClaimingRun,
      receive: (run) => this.withdraw(run),
    });
    onMessage(platform, {
      name: leaseMessages.release,
      description: 'The holder gives the lease back and says what it changed',
      payload: LeaseRelease,
      receive: (release) => this.release(release),
    });
    onMessage(platform, {
      name: nightMessages.hold,
      description: 'Somebody holds the night jobs, or lets them go on',
      payload: Hold.nullable(),
      receive: (hold) => {
        this.hold = hold ?? undefined;
        this.show();
      },
    });
    onMessage(platform, {
      name: nightMessages.ended,
      description: 'A night job says how it ended',
      payload: NightOutcome,
      receive: (outcome) => {
        this.nights = withOutcome(this.nights, outcome);
        this.show();
      },
    });
    platform.onQuery(leaseMessages.state, {
      description: 'What is known of the instance, what runs and what waits',
      answer: () => this.state(),
    });
  }

  private refusal(request: LeaseRequest): DrydockError | undefined {
    const { queue } = this;
    if (queue.knows(request)) return undefined;
    const { instance, id, host, status } = this.facts;
    if (request.id !== undefined && request.id !== id) {
      const asked = fullName({ instance, id: request.id });
      return new DrydockError(
        'refused',
        `ask for instance ${asked}: that instance is gone, ${fullName(this.facts)} has its name now`,
      );
    }
    if (status === 'decommissioned' && queue.idle) {
      return new DrydockError('unavailable', `ask for instance ${instance}: the instance is being removed`);
    }
    if (request.facts === undefined) {
      if (status !== 'decommissioned') return undefined;
      return new DrydockError('refused', `ask for instance ${instance}: the instance is decommissioned`);
    }
    if (status === 'provisioning' && queue.idle && request.facts.instance === instance) return undefined;
    const by = queue.holder === undefined ? '' : `; ${queue.holder.procedure} (${queue.holder.workflowId}) works on it`;
    return new DrydockError(
      'already-exists',
      `make instance ${instance}: this instance exists on ${host}, ${status}${by}`,
      {
        next: 'choose another name, or decommission that instance first',
      },
    );
  }

  private request({ facts, id: _, ...claim }: LeaseRequest): LeaseAnswer {
    if (facts !== undefined && !this.queue.knows(claim)) this.facts = facts;
    const answer = this.queue.request(claim);
    return { host: this.facts.host, id: this.facts.id, ...answer };
  }

  private withdraw(run: ClaimingRun): void {
    const held = this.queue.withdraw(run);
    // The provisioning gave up before it began.
    if (held && this.facts.status === 'provisioning') this.facts = { ...this.facts, status: 'decommissioned' };
    this.show();
  }

  private release({ token, facts }: LeaseRelease): void {
    const { holder } = this.queue;
    if (holder?.token !== token) {
      this.platform.log.warn('ignored a release that is not the holder’s', { token, holder: holder?.token });
      return;
    }
    // A settling reports the mode only when it has put everything right.
    if (holder.procedure === 'settle' && facts?.mode !== undefined) this.dead = [];
    this.change(facts ?? {});
    this.queue.free(token);
  }

  /** An instance is never renamed, and never becomes another. A new mode without a reason drops the old mode's reason. */
  private change(changed: NonNullable<LeaseRelease['facts']>): void {
    const { modeReason, ...kept } = this.facts;
    const base = changed.mode === undefined ? this.facts : kept;
    const facts = InstanceFacts.safeParse({ ...base, ...changed, ...identityOf(kept) });
    if (facts.success) this.facts = facts.data;
    else this.platform.log.error('kept the old facts: the new ones are not valid', { problem: facts.error.message });
  }

  private state(): InstanceState {
    const { facts, hold, nights } = this;
    const { holder, waiting } = this.queue;
    return { facts, holder, waiting, hold, nights };
  }

  private carriedOver(): InstanceEntity {
    return { ...this.state(), lastToken: this.queue.lastToken, dead: this.dead };
  }

  private show(): void {
    const { instance, host, status } = this.facts;
    this.platform.show(instanceDetails(this.state()));
    this.platform.showAttributes({ DrydockInstance: instance, DrydockHost: host, DrydockPhase: status });
  }
}
