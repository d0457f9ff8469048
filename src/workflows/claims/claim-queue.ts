import { type Claimant, type ClaimingRun, LeaseToken } from '../../contracts/lease.ts';
import { explain } from '../../failures.ts';
import type { Platform } from '../running/platform.ts';
import { plumbing } from '../running/steps.ts';
import { type Holder, isSame, withoutToken } from './messages.ts';

/** What differs between the lease of an instance and a turn on a host. */
interface QueueRules {
  /** Signal that brings a claimant its grant. */
  readonly message: string;
  /** Word for the claim in the history: lease, turn. */
  readonly what: string;
  grant(token: LeaseToken): object;
  /** True when nobody holds or waits, and nobody will. */
  isOver(): boolean;
  /** Who must go first after a holder that ended without giving its claim back. */
  afterDeath(holder: Holder): Promise<Claimant | undefined>;
  show(): void;
}

interface QueueState {
  readonly lastToken: number;
  readonly holder?: Holder | undefined;
  readonly waiting: readonly Claimant[];
}

/** How often the holder is checked: a dead one may have left something behind, even if nobody waits. */
const holderCheckMs = { contended: 30_000, alone: 60_000 };

/** Grants a claim to one run at a time, in the order of asking; a closed holder loses the claim. Heart of an entity. */
export class ClaimQueue {
  lastToken: number;
  holder: Holder | undefined;
  waiting: Claimant[];
  private mustCheckHolder = false;
  private mustTellHolder = false;
  private readonly platform: Platform;
  private readonly rules: QueueRules;

  constructor(state: QueueState, platform: Platform, rules: QueueRules) {
    this.lastToken = state.lastToken;
    this.holder = state.holder;
    this.waiting = [...state.waiting];
    this.platform = platform;
    this.rules = rules;
  }

  get idle(): boolean {
    return this.holder === undefined && this.waiting.length === 0;
  }

  /** Serves until the queue is over, or the history is so long that another run must take over. */
  async serve(): Promise<'over' | 'long'> {
    for (;;) {
      this.rules.show();
      await this.grant();
      if (this.rules.isOver()) {
        await this.allAnswered();
        if (this.rules.isOver()) return 'over';
      }
      if (this.isLong()) return 'long';
      const woken = await this.somethingToDo();
      if (this.holder !== undefined && (this.mustCheckHolder || !woken)) await this.checkHolder();
    }
  }

  /** Waits until every message was dealt with: a run that ends earlier answers no update. */
  async allAnswered(): Promise<void> {
    await this.platform.until(() => this.platform.hasAnswered(), { summary: 'answers what was asked' });
  }

  knows(run: ClaimingRun): boolean {
    return (this.holder !== undefined && isSame(this.holder, run)) || this.waiting.some((entry) => isSame(entry, run));
  }

  /** Returns the place in the queue; a repeated request waits once, and a holder is told again. */
  request(claim: Omit<Claimant, 'since'>): { position: number; holder?: Claimant | undefined } {
    if (this.holder !== undefined && isSame(this.holder, claim)) {
      this.mustTellHolder = true;
      return { position: 0 };
    }
    if (!this.knows(claim)) {
      this.waiting.push({ ...claim, since: this.now() });
      this.rules.show();
    }
    this.mustCheckHolder = this.holder !== undefined;
    // All requests that come together are answered before the first is granted.
    const queue = this.holder === undefined ? this.waiting : [withoutToken(this.holder), ...this.waiting];
    const position = queue.findIndex((entry) => isSame(entry, claim));
    const [holder] = queue;
    return { position, holder: position === 0 ? undefined : holder };
  }

  /** True if the run was the holder. */
  withdraw(run: ClaimingRun): boolean {
    this.waiting = this.waiting.filter((entry) => !isSame(entry, run));
    if (this.holder === undefined || !isSame(this.holder, run)) return false;
    this.holder = undefined;
    return true;
  }

  free(token: number): void {
    if (this.holder?.token === token) this.holder = undefined;
    this.rules.show();
  }

  private isLong(): boolean {
    return this.platform.isLong() && this.platform.hasAnswered();
  }

  private async somethingToDo(): Promise<boolean> {
    const due = () =>
      this.rules.isOver() ||
      this.isLong() ||
      this.mustTellHolder ||
      this.mustCheckHolder ||
      (this.holder === undefined && this.waiting.length > 0);
    if (this.holder === undefined) return this.platform.until(due, { summary: 'waits for a request' });
    const timeoutMs = this.waiting.length > 0 ? holderCheckMs.contended : holderCheckMs.alone;
    const holder = this.holder;
    const summary = `${holder.procedure} (${holder.workflowId}) holds the ${this.rules.what}`;
    return this.platform.until(() => due() || this.holder !== holder, { summary, timeoutMs });
  }

  /** Grants a free claim to the first claimant that can still be told; the others are closed. */
  private async grant(): Promise<void> {
    if (this.mustTellHolder && this.holder !== undefined && !(await this.tell(this.holder))) await this.bury();
    while (this.holder === undefined) {
      const claimant = this.waiting.shift();
      if (claimant === undefined) return;
      this.lastToken += 1;
      const holder = { ...claimant, since: this.now(), token: LeaseToken.parse(this.lastToken) };
      this.holder = holder;
      this.rules.show();
      if (await this.tell(holder)) return;
      this.platform.log.warn('passed over a claimant whose run has ended', {
        workflowId: holder.workflowId,
        runId: holder.runId,
      });
      this.free(holder.token);
    }
  }

  /** False if the holder is closed. */
  private async tell(holder: Holder): Promise<boolean> {
    this.mustTellHolder = false;
    const { workflowId, runId, token } = holder;
    try {
      await this.platform.signal({ workflowId, runId }, this.rules.message, this.rules.grant(token));
      return true;
    } catch (error) {
      this.platform.log.info('a signal to a holder failed', { workflowId, runId, problem: explain(error).message });
      return false;
    }
  }

  private async checkHolder(): Promise<void> {
    const holder = this.holder;
    this.mustCheckHolder = false;
    if (holder === undefined) return;
    const { workflowId, runId, token } = holder;
    try {
      const { state } = await plumbing(this.platform).describeClaimant({ workflowId, runId });
      if (state === 'open') return;
      this.platform.log.warn('took the claim from a holder whose run has ended', { workflowId, runId, token });
      await this.bury();
    } catch (error) {
      // Without an answer the holder counts as alive: the next check asks again.
      this.platform.log.warn('asked in vain about the holder', {
        workflowId,
        problem: explain(error).message,
      });
    }
  }

  /** The holder ended without giving its claim back, so nobody has undone its work. */
  private async bury(): Promise<void> {
    const { holder } = this;
    if (holder === undefined) return;
    const first = await this.rules.afterDeath(holder);
    if (first !== undefined) this.waiting.unshift(first);
    this.free(holder.token);
  }

  private now(): string {
    return this.platform.now().toISOString();
  }
}
