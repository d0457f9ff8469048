import type { HostName, Identity, InstanceName, Instant } from '../../contracts/ids.ts';
import type { InstanceFacts, Lease } from '../../contracts/lease.ts';
import type { ProcedureType, ReportOf } from '../../contracts/procedures.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type { WorkflowType } from '../../contracts/queues.ts';
import { DrydockError } from '../../errors.ts';
import { HostTurnClaim } from '../claims/host-turn.ts';
import { LeaseClaim } from '../claims/lease-claim.ts';
import type { ChildCall, Platform } from './platform.ts';
import type { Question, Run } from './run.ts';
import { RunDisplay } from './run-display.ts';
import { StepLog } from './step-log.ts';
import { type ControlSteps, controlSteps, type HostSteps, hostSteps, type Plumbing, plumbing } from './steps.ts';
import { type TimeLimit, within } from './time-limit.ts';
import { UndoStack } from './undo.ts';

/** One run of a procedure, on any platform. The steps see what `Run` declares; the rest is for the ending. */
export class ProcedureRun implements Run {
  readonly type: WorkflowType;
  readonly platform: Platform;
  readonly undo: UndoStack;
  readonly control: ControlSteps;
  readonly display: RunDisplay;
  readonly claim: LeaseClaim;
  readonly plumbing: Plumbing;
  readonly startedAt: string;
  readonly facts = { 'on success': {} as Partial<InstanceFacts>, always: {} as Partial<InstanceFacts> };
  request: unknown;
  private readonly nested: Lease | undefined;
  private readonly done: StepLog;

  constructor(type: WorkflowType, platform: Platform, nested: Lease | undefined) {
    this.type = type;
    this.platform = platform;
    this.nested = nested;
    this.startedAt = this.instant();
    this.done = new StepLog(platform, () => this.display.show());
    this.display = new RunDisplay(type, this.done);
    this.undo = new UndoStack(this.done);
    this.control = controlSteps(this.done);
    this.plumbing = plumbing(platform);
    this.claim = new LeaseClaim(type, platform, this.plumbing, (what) => this.display.waits(what));
  }

  readonly now: Run['now'] = () => this.platform.now();
  readonly uuid: Run['uuid'] = () => this.platform.uuid();
  readonly scope: Run['scope'] = () => this.platform.scope();
  readonly shielded: Run['shielded'] = (work) => this.platform.shielded(work);
  readonly later: Run['later'] = (type, call) => this.platform.later(type, call);
  readonly onSignal: Run['onSignal'] = (name, handler) => this.platform.onSignal(name, handler);
  readonly onUpdate: Run['onUpdate'] = (name, handler) => this.platform.onUpdate(name, handler);

  get id(): Platform['run'] {
    return this.platform.run;
  }

  get log(): Platform['log'] {
    return this.platform.log;
  }

  instant(afterMs = 0): Instant {
    return new Date(this.now().getTime() + afterMs).toISOString();
  }

  begin(request: unknown): void {
    this.request = request;
    this.display.begins(request);
  }

  async takeLease(of: InstanceName | Identity, waitMinutes: number): Promise<Lease> {
    const instance = typeof of === 'string' ? of : of.instance;
    if (this.nested !== undefined) return this.useNested(instance, this.nested);
    if (typeof of !== 'string') this.claim.means(of);
    const { held } = this.claim;
    return held?.instance === instance ? held : this.work(await this.claim.take(instance, waitMinutes));
  }

  async registerInstance(facts: InstanceFacts): Promise<Lease> {
    const lease = this.work(await this.claim.register(facts));
    this.undo.before(`forget instance ${facts.instance}`, async () => this.forget(facts.instance));
    return lease;
  }

  async returnLease(): Promise<void> {
    if (this.claim.held === undefined) return;
    const { always } = this.facts;
    this.facts.always = {}; // Sent now: other procedures may change them before this one ends.
    await this.claim.giveBack(always);
  }

  hostTurn(): HostTurnClaim {
    return new HostTurnClaim(this.type, this.platform, this.plumbing, (what) => this.display.waits(what));
  }

  async waitUntil(what: string, isSo: () => boolean, timeoutMs: number): Promise<boolean> {
    this.display.waits(what);
    try {
      return await this.platform.until(isSo, { summary: what, timeoutMs: Math.max(1, timeoutMs) });
    } finally {
      this.display.runs();
    }
  }

  goesOn(): void {
    this.display.runs();
  }

  within<T>(limit: TimeLimit, work: () => Promise<T>): Promise<T> {
    return within(this.platform, limit, work);
  }

  record(facts: Partial<InstanceFacts>, when: 'on success' | 'always' = 'on success'): void {
    Object.assign(this.facts[when], facts);
  }

  plan(plan: object, question?: Question): void {
    this.display.plans(plan, question);
  }

  child<Type extends ProcedureType>(title: string, type: Type, call: ChildCall): Promise<ReportOf<Type>> {
    return this.done.step(title, async () => (await this.platform.child(type, call)) as ReportOf<Type>);
  }

  host(lease: Lease): HostSteps {
    return hostSteps(this.done, lease.host, lease);
  }

  hostWithoutLease(host: HostName): HostSteps {
    return hostSteps(this.done, host, undefined);
  }

  steps(): StepRecord[] {
    return this.display.steps();
  }

  /** A failed step of the ending, which must not hide how the procedure ended. */
  note(name: string, message: string): void {
    const at = this.instant();
    this.done.records.push({ name, state: 'failed', startedAt: at, endedAt: at, error: message });
    this.display.show();
  }

  private useNested(instance: InstanceName, lease: Lease): Lease {
    if (lease.instance !== instance) {
      throw new DrydockError('internal', `${this.type} of ${instance} was given the lease of ${lease.instance}`);
    }
    return this.work(lease);
  }

  /** Undo of registering. If something was left behind, the instance stays known, so that it can be decommissioned. */
  private forget(instance: string): void {
    if (this.undo.leftBehind.length > 0) {
      throw new DrydockError('refused', `instance ${instance} stays known, so that decommission can remove the rest`);
    }
    this.record({ status: 'decommissioned' }, 'always');
  }

  private work(lease: Lease): Lease {
    this.display.instance = lease.instance;
    this.display.id = lease.id;
    this.display.runs();
    this.platform.showAttributes({ DrydockHost: lease.host });
    return lease;
  }
}
