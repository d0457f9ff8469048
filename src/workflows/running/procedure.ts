import { ApplicationFailure, CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import type { HostName, InstanceName } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { InstanceFacts, Lease } from '../../contracts/lease.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type { WorkflowType } from '../../contracts/queues.ts';
import { DrydockError } from '../../errors.ts';
import { explain, invalidInput, toFailure } from '../../failures.ts';
import { LeaseClaim } from '../claims/lease-claim.ts';
import { showAttributes } from './details.ts';
import { countRun } from './measures.ts';
import type { Question, Run } from './run.ts';
import { RunView } from './run-view.ts';
import { StepLog } from './step-log.ts';
import { type ControlSteps, controlSteps, type HostSteps, hostSteps, plumbing } from './steps.ts';
import { UndoStack, withUndo } from './undo.ts';

export type Reported<Name extends WorkflowType, Report extends object> = Report & {
  procedure: Name;
  steps: StepRecord[];
};

/**
 * What every procedure has in common: reads the request, answers `progress`, shows itself, undoes what it began when it
 * fails, releases the lease, writes the journal. Handlers are there before anything is awaited.
 */
export async function procedure<Name extends WorkflowType, Schema extends z.ZodType, Report extends object>(
  name: Name,
  schema: Schema,
  input: unknown,
  nested: Lease | undefined,
  body: (request: z.output<Schema>, run: Run) => Promise<Report>,
): Promise<Reported<Name, Report>> {
  const run = new ProcedureRun(name, nested);
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw run.refuse(invalidInput(parsed.error));
  run.begin(parsed.data);
  try {
    const report = await withUndo(() => body(parsed.data, run), run.undo);
    await run.close({ outcome: 'done', result: report });
    return { ...report, procedure: name, steps: run.steps() };
  } catch (error) {
    throw await run.fail(error);
  }
}

/** They only look, and are asked again and again: an entry for each would bury those of what was done. */
const unwritten: ReadonlySet<WorkflowType> = new Set(['objectives', 'report']);

interface Ending {
  readonly outcome: JournalEntry['outcome'];
  readonly result?: unknown;
  readonly error?: string;
}

class ProcedureRun implements Run {
  readonly undo: UndoStack;
  readonly control: ControlSteps;
  private readonly name: WorkflowType;
  private readonly nested: Lease | undefined;
  private readonly log: StepLog;
  private readonly view: RunView;
  private readonly plumbing = plumbing();
  private readonly claim: LeaseClaim;
  private readonly startedAt = now();
  private readonly facts = { 'on success': {} as Partial<InstanceFacts>, always: {} as Partial<InstanceFacts> };
  private request: unknown;

  constructor(name: WorkflowType, nested: Lease | undefined) {
    this.name = name;
    this.nested = nested;
    this.log = new StepLog(() => this.view.show());
    this.view = new RunView(name, this.log);
    this.undo = new UndoStack(this.log);
    this.control = controlSteps(this.log);
    this.claim = new LeaseClaim(name, this.plumbing, (what) => this.view.waits(what));
  }

  begin(request: unknown): void {
    this.request = request;
    this.view.begins(request);
  }

  async takeLease(instance: InstanceName, waitMinutes: number): Promise<Lease> {
    if (this.nested !== undefined) return this.useNested(instance, this.nested);
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
    this.facts.always = {}; // Sent now: by the end of this procedure others may have changed it.
    await this.claim.giveBack(always);
  }

  async waitUntil(what: string, isSo: () => boolean, timeoutMs: number): Promise<boolean> {
    this.view.waits(what);
    try {
      return await condition(isSo, Math.max(1, timeoutMs), { summary: what.slice(0, 120) });
    } finally {
      this.view.runs();
    }
  }

  waits(what: string | undefined): void {
    if (what === undefined) this.view.runs();
    else this.view.waits(what);
  }

  record(facts: Partial<InstanceFacts>, when: 'on success' | 'always' = 'on success'): void {
    Object.assign(this.facts[when], facts);
  }

  plan(plan: object, question?: Question): void {
    this.view.plans(plan, question);
  }

  step<T>(title: string, work: () => Promise<T>): Promise<T> {
    return this.log.step(title, work);
  }

  host(lease: Lease): HostSteps {
    return hostSteps(this.log, lease.host, lease);
  }

  hostWithoutLease(host: HostName): HostSteps {
    return hostSteps(this.log, host, undefined);
  }

  steps(): StepRecord[] {
    return this.view.steps();
  }

  /** A request that cannot be read has no instance, so nobody's journal can keep it. */
  refuse(error: DrydockError): Error {
    const failure = toFailure(error);
    countRun(this.name, 'refused', 0);
    this.view.isRefused(failure.message);
    return failure;
  }

  async fail(error: unknown): Promise<unknown> {
    const { code, message, details } = explain(error);
    const { undone, leftBehind } = this.undo;
    const clean = undone.length > 0 && leftBehind.length === 0;
    const outcome = isCancellation(error) ? 'cancelled' : clean ? 'undone' : 'failed';
    this.view.error = message;
    const notWritten = await this.close({ outcome, error: message });
    if (notWritten === undefined || isCancellation(error)) return error;
    return ApplicationFailure.create({
      message: `${message}\n${notWritten}`,
      type: code,
      nonRetryable: true,
      details: [details],
      cause: toFailure(error),
    });
  }

  /** Gives the lease back and writes the journal; says what went wrong with the journal instead of failing. */
  async close(ending: Ending): Promise<string | undefined> {
    return CancellationScope.nonCancellable(async () => {
      await this.release(ending.outcome);
      this.view.ends(ending.outcome === 'done' ? 'done' : 'failed');
      countRun(this.name, ending.outcome, Date.now() - Date.parse(this.startedAt));
      return this.writeJournal(ending);
    });
  }

  private async release(outcome: Ending['outcome']): Promise<void> {
    const facts = { ...this.facts.always, ...(outcome === 'done' ? this.facts['on success'] : {}) };
    try {
      await this.claim.giveBack(facts);
    } catch (error) {
      // The instance notices by itself that the holder is closed; only the facts are lost, so the operator is told.
      this.note('release lease', error);
    }
  }

  private async writeJournal(ending: Ending): Promise<string | undefined> {
    const { instance, plan, decisions } = this.view;
    if (instance === '' || unwritten.has(this.name)) return undefined;
    const { workflowId, runId } = workflowInfo();
    try {
      await this.plumbing.writeJournal({
        format: 'drydock-journal/1',
        procedure: this.name,
        instance,
        workflowId,
        runId,
        startedAt: this.startedAt,
        endedAt: now(),
        request: this.request,
        ...(plan === undefined ? {} : { plan }),
        ...(decisions === undefined ? {} : { decisions }),
        ...ending,
        leftBehind: this.undo.leftBehind,
        steps: this.steps(),
      });
      return undefined;
    } catch (error) {
      return `the journal entry was not written: ${this.note('write journal', error)}`;
    }
  }

  /** A failed step of the closing, which must not hide how the procedure ended. */
  private note(name: string, error: unknown): string {
    const { message } = explain(error);
    this.log.records.push({ name, state: 'failed', startedAt: now(), endedAt: now(), error: message });
    this.view.show();
    return message;
  }

  private useNested(instance: InstanceName, lease: Lease): Lease {
    if (lease.instance !== instance) {
      throw new DrydockError('internal', `${this.name} of ${instance} was given the lease of ${lease.instance}`);
    }
    return this.work(lease);
  }

  /** Undo of registering. What was left behind needs an instance that can be decommissioned. */
  private forget(instance: string): void {
    if (this.undo.leftBehind.length > 0) {
      throw new DrydockError('refused', `instance ${instance} stays known, so that decommission can remove the rest`);
    }
    this.record({ status: 'decommissioned' }, 'always');
  }

  private work(lease: Lease): Lease {
    this.view.instance = lease.instance;
    this.view.runs();
    showAttributes({ DrydockHost: lease.host });
    return lease;
  }
}

function now(): string {
  return new Date().toISOString();
}
