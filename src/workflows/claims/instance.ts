// biome-ignore-all lint/style/noRestrictedImports: an entity is a workflow by itself, not a procedure
import {
  CancellationScope,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import {
  type Claimant,
  ClaimingRun,
  InstanceEntity,
  type InstanceFacts,
  type InstanceState,
  type LeaseAnswer,
  LeaseRelease,
  leaseMessages,
} from '../../contracts/lease.ts';
import { Hold, NightOutcome, nightMessages } from '../../contracts/night.ts';
import { DrydockError } from '../../errors.ts';
import { invalidInput, toFailure } from '../../failures.ts';
import { withOutcome } from '../../model/nights/night-job.ts';
import { startSettling } from '../parts/nested.ts';
import { instanceDetails } from '../running/details.ts';
import { onTemporal } from '../running/on-temporal.ts';
import { plumbing } from '../running/steps.ts';
import { ClaimQueue } from './claim-queue.ts';
import { type Holder, ignored, LeaseRequest, merged } from './instance-messages.ts';

/**
 * The entity of one instance: grants its lease to one procedure after the other, and keeps what operators want to know.
 * Before:  the provisioning procedure starts the entity in the same call that asks for the lease.
 * After:   the instance is decommissioned and nobody waits for the lease.
 * Failure: none; malformed messages are refused or ignored, and so is a cancellation, which would lose queue and token.
 */
export async function instance(input: InstanceEntity): Promise<void> {
  const parsed = InstanceEntity.safeParse(input);
  if (!parsed.success) throw toFailure(invalidInput(parsed.error));
  const entity = new Entity(parsed.data);
  const next = await CancellationScope.nonCancellable(() => entity.serve());
  if (next !== undefined) await continueAsNew<typeof instance>(next);
}

class Entity {
  private facts: InstanceFacts;
  private dead: string[];
  private hold: Hold | undefined;
  private nights: Record<string, NightOutcome>;
  private readonly queue: ClaimQueue;

  constructor(state: InstanceEntity) {
    this.facts = state.facts;
    this.dead = state.dead;
    this.hold = state.hold;
    this.nights = state.nights;
    this.queue = new ClaimQueue(state, plumbing(onTemporal), {
      message: leaseMessages.granted,
      what: 'lease',
      grant: (token) => ({ instance: this.facts.instance, host: this.facts.host, token }),
      isOver: () => this.facts.status === 'decommissioned' && this.queue.idle,
      afterDeath: (holder) => this.afterDeath(holder),
      show: () => this.show(),
    });
    setHandler(
      defineUpdate<LeaseAnswer, [LeaseRequest]>(leaseMessages.request),
      (request) => this.request(LeaseRequest.parse(request)),
      { validator: (request) => this.admit(request), description: 'A procedure asks for the lease' },
    );
    setHandler(defineSignal<[unknown]>(leaseMessages.withdraw), (payload) => this.withdraw(payload), {
      description: 'A procedure no longer wants the lease',
    });
    setHandler(defineSignal<[unknown]>(leaseMessages.release), (payload) => this.release(payload), {
      description: 'The holder gives the lease back and says what it changed',
    });
    setHandler(defineSignal<[unknown]>(nightMessages.hold), (payload) => this.holds(payload), {
      description: 'Somebody holds the night jobs, or lets them go on',
    });
    setHandler(defineSignal<[unknown]>(nightMessages.ended), (payload) => this.nightEnded(payload), {
      description: 'A night job says how it ended',
    });
    setHandler(defineQuery<InstanceState>(leaseMessages.state), () => this.state(), {
      description: 'What is known of the instance, what runs and what waits',
    });
  }

  /** Serves until the instance is gone (then undefined), or the history is long (then the state for the next run). */
  async serve(): Promise<InstanceEntity | undefined> {
    return (await this.queue.serve()) === 'over' ? undefined : this.carriedOver();
  }

  /** Starts a settling of what a dead holder left behind, before anybody else works on the instance. */
  private async afterDeath(holder: Holder): Promise<Claimant | undefined> {
    if (this.facts.status !== 'serving') return undefined;
    this.dead = [...new Set([...this.dead, holder.workflowId])];
    return startSettling(onTemporal, this.facts.instance, this.dead);
  }

  /** Validator: throws what the asking procedure will read. Changes nothing. */
  private admit(payload: unknown): void {
    const parsed = LeaseRequest.safeParse(payload);
    if (!parsed.success) throw toFailure(invalidInput(parsed.error));
    const request = parsed.data;
    const { queue } = this;
    if (queue.knows(request)) return;
    const { instance, host, status } = this.facts;
    if (status === 'decommissioned' && queue.idle) {
      throw toFailure(new DrydockError('unavailable', `instance ${instance} is just being removed`));
    }
    if (request.facts === undefined) {
      if (status !== 'decommissioned') return;
      throw toFailure(new DrydockError('refused', `instance ${instance} is decommissioned`));
    }
    if (status === 'provisioning' && queue.idle && request.facts.instance === instance) return;
    const by = queue.holder === undefined ? '' : `; ${queue.holder.procedure} (${queue.holder.workflowId}) works on it`;
    throw toFailure(
      new DrydockError('already-exists', `instance ${instance} exists already: on ${host}, ${status}${by}`, {
        next: 'choose another name, or decommission that instance first',
      }),
    );
  }

  private request({ facts, ...claim }: LeaseRequest): LeaseAnswer {
    if (facts !== undefined && !this.queue.knows(claim)) this.facts = facts;
    const answer = this.queue.request(claim);
    return { host: this.facts.host, ...answer };
  }

  private withdraw(payload: unknown): void {
    const parsed = ClaimingRun.safeParse(payload);
    if (!parsed.success) {
      ignored(leaseMessages.withdraw, parsed.error);
      return;
    }
    const held = this.queue.withdraw(parsed.data);
    // The provisioning gave up before it began.
    if (held && this.facts.status === 'provisioning') this.facts = { ...this.facts, status: 'decommissioned' };
    this.show();
  }

  private release(payload: unknown): void {
    const parsed = LeaseRelease.safeParse(payload);
    if (!parsed.success) {
      ignored(leaseMessages.release, parsed.error);
      return;
    }
    const { token, facts } = parsed.data;
    const { holder } = this.queue;
    if (holder?.token !== token) {
      log.warn('ignored a release that is not the holder’s', { token, holder: holder?.token });
      return;
    }
    // A settling reports the mode only when it has put everything right.
    if (holder.procedure === 'settle' && facts?.mode !== undefined) this.dead = [];
    this.facts = merged(this.facts, facts ?? {});
    this.queue.free(token);
  }

  private holds(payload: unknown): void {
    const parsed = Hold.nullable().safeParse(payload);
    if (!parsed.success) {
      ignored(nightMessages.hold, parsed.error);
      return;
    }
    this.hold = parsed.data ?? undefined;
    this.show();
  }

  private nightEnded(payload: unknown): void {
    const parsed = NightOutcome.safeParse(payload);
    if (!parsed.success) {
      ignored(nightMessages.ended, parsed.error);
      return;
    }
    this.nights = withOutcome(this.nights, parsed.data);
    this.show();
  }

  private state(): InstanceState {
    const { facts, hold, nights } = this;
    const { holder, waiting } = this.queue;
    return {
      facts,
      ...(holder === undefined ? {} : { holder }),
      waiting,
      ...(hold === undefined ? {} : { hold }),
      nights,
    };
  }

  private carriedOver(): InstanceEntity {
    return { ...this.state(), lastToken: this.queue.lastToken, dead: this.dead };
  }

  private show(): void {
    const { instance, host, status } = this.facts;
    setCurrentDetails(instanceDetails(this.state()));
    onTemporal.showAttributes({ DrydockInstance: instance, DrydockHost: host, DrydockPhase: status });
  }
}
