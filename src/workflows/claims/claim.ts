import type { z } from 'zod';
import type { HostName, InstanceName } from '../../contracts/ids.ts';
import type { ClaimingRun, HostTurn, InstanceFacts, Lease, LeaseAnswer } from '../../contracts/lease.ts';
import { DrydockError } from '../../errors.ts';
import { explain } from '../../failures.ts';
import { moment } from '../running/details.ts';
import type { Platform } from '../running/platform.ts';

/** How long a granted claim's signal may be on its way. */
const grantTravelMs = 30_000;

/** Kinds of claim: one run at a time. */
interface Kinds {
  instance: { subject: InstanceName; grant: Lease };
  host: { subject: HostName; grant: HostTurn };
}

type Subject<Kind extends keyof Kinds> = Kinds[Kind]['subject'];
type Grant<Kind extends keyof Kinds> = Kinds[Kind]['grant'];

type Claiming = ClaimingRun & { procedure: string };

/** Where a run asks for the lease of an instance, or for a turn on a host. */
export interface Desk<Kind extends keyof Kinds> {
  readonly kind: Kind;
  /** Signal that brings the grant. */
  readonly message: string;
  readonly description: string;
  readonly grant: z.ZodType<Grant<Kind>>;
  readonly what: string;
  subjectOf(grant: Grant<Kind>): Subject<Kind>;
  request(subject: Subject<Kind>, run: Claiming): Promise<LeaseAnswer>;
  withdraw(subject: Subject<Kind>, run: ClaimingRun): Promise<void>;
  release(grant: Grant<Kind>, facts: Partial<InstanceFacts>): Promise<void>;
  /** Called with the length of each wait, for the metrics. */
  measure?(procedure: string, outcome: 'granted' | 'not granted', waitedMs: number): void;
}

/**
 * The claim of one run: asked for, waited for, given back, and asked for again. Its handler is registered before
 * anything is awaited.
 */
export class Claim<Kind extends keyof Kinds> {
  private readonly procedure: string;
  private readonly platform: Platform;
  private readonly desk: Desk<Kind>;
  private readonly waits: (what: string) => void;
  private readonly granted = new Map<Subject<Kind>, Grant<Kind>>();
  private current: Grant<Kind> | undefined;
  private asking = false;
  /** The last token that was given back: a late grant of that token means nothing. */
  private returned = 0;

  constructor(procedure: string, platform: Platform, desk: Desk<Kind>, waits: (what: string) => void) {
    this.procedure = procedure;
    this.platform = platform;
    this.desk = desk;
    this.waits = waits;
    platform.onSignal(desk.message, { description: desk.description, receive: (grant) => this.receive(grant) });
  }

  get held(): Grant<Kind> | undefined {
    return this.current;
  }

  /** Asks again at growing intervals: the answer names the present holder, and an entity may have ended. */
  async take(subject: Subject<Kind>, waitMinutes: number): Promise<Grant<Kind>> {
    return this.orWithdraw(subject, async () => {
      const deadline = this.nowMs() + waitMinutes * 60_000;
      for (let pauseMs = 60_000; ; pauseMs = Math.min(pauseMs * 2, 30 * 60_000)) {
        const answer = await this.desk.request(subject, this.claim());
        if (answer.position > 0) this.waits(whoIsBefore(answer));
        const leftMs = deadline - this.nowMs();
        await this.isGranted(subject, Math.max(grantTravelMs, Math.min(pauseMs, leftMs)), answer);
        const grant = this.granted.get(subject);
        if (grant !== undefined) return grant;
        if (leftMs <= 0) return this.giveUp(subject, waitMinutes, answer);
      }
    });
  }

  /** Takes a claim by a call of the caller's own, which must be granted at once. */
  async takeBy(subject: Subject<Kind>, ask: (run: Claiming) => Promise<LeaseAnswer>): Promise<Grant<Kind>> {
    return this.orWithdraw(subject, async () => {
      const answer = await ask(this.claim());
      await this.isGranted(subject, grantTravelMs, answer);
      return this.granted.get(subject) ?? this.giveUp(subject, 1, answer);
    });
  }

  /** Must not be cancelled: nobody could tell afterwards whether the claim is still held. */
  async giveBack(facts: Partial<InstanceFacts> = {}): Promise<void> {
    const grant = this.current;
    if (grant === undefined) return;
    try {
      await this.platform.shielded(() => this.desk.release(grant, facts));
      this.returned = grant.token;
    } finally {
      this.granted.delete(this.desk.subjectOf(grant));
      this.current = undefined;
    }
  }

  private async isGranted(subject: Subject<Kind>, timeoutMs: number, answer: LeaseAnswer): Promise<boolean> {
    const summary = answer.position > 0 ? whoIsBefore(answer) : `${this.desk.what} of ${subject}`;
    return this.platform.until(() => this.granted.has(subject), { summary, timeoutMs });
  }

  /** Withdraws a request that failed, so that it is not granted later; a grant that came meanwhile is given back. */
  private async orWithdraw(subject: Subject<Kind>, wait: () => Promise<Grant<Kind>>): Promise<Grant<Kind>> {
    this.asking = true;
    const began = this.nowMs();
    try {
      this.current = await wait();
      this.desk.measure?.(this.procedure, 'granted', this.nowMs() - began);
      return this.current;
    } catch (error) {
      this.desk.measure?.(this.procedure, 'not granted', this.nowMs() - began);
      const { workflowId, runId } = this.platform.run;
      await this.platform.shielded(async () => {
        try {
          await this.desk.withdraw(subject, { workflowId, runId });
        } catch (problem) {
          // A failed withdrawal is harmless: the entity skips a claimant whose run is closed.
          this.platform.log.warn('a request was not withdrawn', { subject, problem: explain(problem).message });
        }
      });
      // A grant that came meanwhile is given back by now; an undo must not find it.
      this.returned = Math.max(this.returned, this.granted.get(subject)?.token ?? 0);
      this.granted.delete(subject);
      throw error;
    } finally {
      this.asking = false;
    }
  }

  private async receive(payload: unknown): Promise<void> {
    const grant = this.desk.grant.safeParse(payload);
    if (!grant.success) {
      this.platform.log.warn('ignored a grant that is not valid', { problem: grant.error.message });
      return;
    }
    if (grant.data.token <= this.returned) return;
    const wanted = this.returned === 0 || this.asking || this.current !== undefined;
    if (wanted) this.granted.set(this.desk.subjectOf(grant.data), grant.data);
    else await this.refuse(grant.data);
  }

  /** Gives back a late second grant, of a request made twice: others wait for the claim. */
  private async refuse(grant: Grant<Kind>): Promise<void> {
    this.returned = grant.token;
    try {
      await this.platform.shielded(() => this.desk.release(grant, {}));
    } catch (problem) {
      this.platform.log.warn('an unwanted grant was not given back', { problem: explain(problem).message });
    }
  }

  private nowMs(): number {
    return this.platform.now().getTime();
  }

  private claim(): Claiming {
    const { workflowId, runId } = this.platform.run;
    return { procedure: this.procedure, workflowId, runId };
  }

  private giveUp(subject: Subject<Kind>, waitMinutes: number, { holder }: LeaseAnswer): never {
    const who =
      holder === undefined
        ? 'another procedure is before this one'
        : `${holder.procedure} (${holder.workflowId}) holds it since ${moment(holder.since)}`;
    throw new DrydockError('lease-timeout', `waited ${waitMinutes} minutes for ${this.desk.kind} ${subject}: ${who}`, {
      next: 'wait for that procedure or cancel it, then start this one again',
    });
  }
}

function whoIsBefore({ position, holder }: LeaseAnswer): string {
  const first = holder === undefined ? 'waits for its turn' : `waits for ${holder.procedure} (${holder.workflowId})`;
  const since = holder === undefined ? '' : `, which runs since ${moment(holder.since)}`;
  const more = position > 1 ? `; ${position - 1} more before this one` : '';
  return `${first}${since}${more}`;
}
