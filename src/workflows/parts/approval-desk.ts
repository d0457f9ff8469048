import { type ApprovalAnswer, ApprovalMessage, approvalMessages, type Decision } from '../../contracts/approval.ts';
import type { UpgradePlan, UpgradeRequest } from '../../contracts/upgrade.ts';
import { DrydockError, describeError } from '../../errors.ts';
import { invalidInput, toFailure } from '../../failures.ts';
import {
  type Approval,
  answerOf,
  askApproval,
  close,
  decide,
  expire,
  refusalOf,
  replay,
  type Said,
  watch,
} from '../../model/releases/approval.ts';
import { moment } from '../running/details.ts';
import type { Run } from '../running/run.ts';

const decisionOf = { approve: 'approved', reject: 'rejected' } as const satisfies Record<
  keyof typeof approvalMessages,
  Decision['decision']
>;

/**
 * Where people and services approve or reject the plan of a run: by an update, which is answered, or by a signal, which
 * is not. Made before anything is awaited, since its handlers must be registered by then.
 */
export class ApprovalDesk {
  private readonly run: Run;
  private approval: Approval | undefined;
  /** Signals that came before the plan was made. */
  private early: Said[] = [];
  /** Decisions by signal that did not count, and why: the sender gets no answer. */
  private readonly ignored: string[] = [];
  private changes = 0;
  private stop = () => {};

  constructor(run: Run) {
    this.run = run;
    for (const name of [approvalMessages.approve, approvalMessages.reject]) {
      const what =
        name === 'approve' ? 'Says yes to the plan with this hash' : 'Says no, or sends a watched release back';
      run.onUpdate(name, {
        description: what,
        admit: (payload) => this.admit(name, payload),
        take: (payload) =>
          this.take({ ...ApprovalMessage.parse(payload), decision: decisionOf[name], through: 'update' }),
      });
      run.onSignal(name, {
        description: `${what}; the update of this name is answered`,
        receive: (payload) => this.hear(name, payload),
      });
    }
  }

  get decisions(): Decision[] {
    return [...(this.approval?.decisions ?? [])];
  }

  /** How many have approved so far. */
  get approvals(): number {
    return this.decisions.filter(({ decision }) => decision === 'approved').length;
  }

  get state(): Approval['state'] | undefined {
    return this.approval?.state;
  }

  get refusals(): readonly string[] {
    return this.ignored;
  }

  get expiresAt(): string {
    return this.approval?.expiresAt ?? '';
  }

  /**
   * From here on decisions count, also earlier ones, and the one in the request. `not-approved` when that one is for
   * another plan, or somebody has rejected the plan already.
   */
  ask(
    plan: UpgradePlan,
    {
      approvedPlan,
      approvedBy,
      approvalHours,
    }: Pick<UpgradeRequest, 'approvalHours'> & Partial<Pick<UpgradeRequest, 'approvedPlan' | 'approvedBy'>>,
  ): void {
    this.approval = askApproval(plan, this.run.now(), approvalHours);
    const { approval, refused } = replay(this.approval, this.early, this.run.now());
    this.approval = approval;
    for (const refusal of refused) this.ignore(refusal);
    this.early = [];
    this.throwIfRejected();
    if (approvedPlan === undefined) return;
    if (approvedPlan !== plan.hash) throw otherPlan(plan, approvedPlan);
    if (this.approval.state !== 'waiting') return;
    const said: Said = { decision: 'approved', plan: plan.hash, by: approvedBy ?? 'request', through: 'request' };
    const refusal =
      approvedBy === undefined && plan.approvals > 1 ? nameless(said) : refusalOf(approval, said, this.run.now());
    if (refusal === undefined) this.take(said);
    else this.ignore(refusal);
  }

  /**
   * Waits, without the lease, for approval of the plan. `not-approved` when it is rejected or too few decide in time.
   */
  async decided(): Promise<void> {
    for (;;) {
      const seen = this.changes; // read before anything is awaited: a decision may come while the lease is given back
      const approval = expire(this.opened(), this.run.now());
      this.approval = approval;
      if (approval.state !== 'waiting') break;
      await this.run.returnLease();
      await this.run.waitUntil(
        this.waitingFor(),
        () => this.changes > seen,
        Date.parse(approval.expiresAt) - this.run.now().getTime(),
      );
    }
    if (this.approval.state !== 'approved') throw this.refusal();
  }

  /** A rejection cancels the work and fails it. After the work has ended well, no decision counts. */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    const scope = this.run.scope();
    this.approval = watch(this.opened());
    this.stop = () => scope.cancel();
    try {
      const result = await scope.run(work);
      this.throwIfRejected();
      this.approval = close(this.opened());
      return result;
    } catch (error) {
      this.throwIfRejected();
      throw error;
    } finally {
      this.stop = () => {};
    }
  }

  waitingFor(): string {
    const { needed, plan, expiresAt } = this.opened();
    const missing = needed === 1 ? 'approval' : `${needed - this.approvals} of ${needed} approvals`;
    return `waits for ${missing} of plan ${plan.slice(0, 12)}…, until ${moment(expiresAt)}`;
  }

  /** Validator: throws what the sender will read. Changes nothing. */
  private admit(name: keyof typeof approvalMessages, payload: unknown): void {
    const parsed = ApprovalMessage.safeParse(payload);
    if (!parsed.success) throw toFailure(invalidInput(parsed.error));
    const said: Said = { ...parsed.data, decision: decisionOf[name], through: 'update' };
    const refusal = this.approval === undefined ? tooEarly(said) : refusalOf(this.approval, said, this.run.now());
    if (refusal !== undefined) throw toFailure(refusal);
  }

  private take(said: Said): ApprovalAnswer {
    try {
      this.approval = decide(this.opened(), said, this.run.now());
    } catch (error) {
      throw toFailure(error);
    }
    this.changes += 1;
    if (this.approval.state === 'rejected') this.stop();
    return answerOf(this.approval, said);
  }

  private hear(name: keyof typeof approvalMessages, payload: unknown): void {
    const parsed = ApprovalMessage.safeParse(payload);
    if (!parsed.success) {
      this.ignore(invalidInput(parsed.error));
      return;
    }
    const said: Said = { ...parsed.data, decision: decisionOf[name], through: 'signal' };
    if (this.approval === undefined) {
      this.early.push(said);
      return;
    }
    const refusal = refusalOf(this.approval, said, this.run.now());
    if (refusal === undefined) this.take(said);
    else this.ignore(refusal);
  }

  private ignore(refusal: DrydockError): void {
    const sentence = describeError(refusal);
    this.run.log.warn('ignored a decision', { sentence });
    this.ignored.push(sentence);
    this.changes += 1;
  }

  private opened(): Approval {
    if (this.approval !== undefined) return this.approval;
    throw new DrydockError('internal', 'decide about a plan: the plan is not made yet');
  }

  private throwIfRejected(): void {
    if (this.approval?.state === 'rejected') throw this.refusal();
  }

  private refusal(): DrydockError {
    const { plan, needed, expiresAt, decisions } = this.opened();
    const rejected = decisions.find(({ decision }) => decision === 'rejected');
    const why = rejected?.comment === undefined ? '' : `: “${rejected.comment}”`;
    const seen =
      rejected === undefined
        ? `${this.approvals} of ${needed} approvals until ${moment(expiresAt)}`
        : `rejected by ${rejected.by}${why}`;
    return new DrydockError('not-approved', `wait for approval of plan ${plan}: ${seen}`, {
      next: 'start the upgrade again for a new plan',
    });
  }
}

function tooEarly({ decision, plan, by }: Said): DrydockError {
  const verb = decision === 'approved' ? 'approve' : 'reject';
  return new DrydockError('refused', `${verb} plan ${plan} as ${by}: the plan is not made yet`, {
    next: 'wait for the plan, read it, and decide then',
  });
}

function nameless({ plan }: Said): DrydockError {
  return new DrydockError('refused', `approve plan ${plan} with the request: it names nobody, and two must`, {
    next: 'name somebody in approvedBy, or approve it like everybody else',
  });
}

function otherPlan({ instance, hash }: UpgradePlan, approvedPlan: string): DrydockError {
  return new DrydockError('not-approved', `upgrade ${instance} by plan ${approvedPlan}: by now the plan is ${hash}`, {
    next: 'read that plan; start again with its hash, or without a hash to wait for approval',
  });
}
