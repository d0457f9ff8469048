import type { Decision } from '../../contracts/approval.ts';
import type { HostName, Identity, InstanceName, Instant } from '../../contracts/ids.ts';
import type { InstanceFacts, Lease } from '../../contracts/lease.ts';
import type { ProcedureType, ReportOf } from '../../contracts/procedures.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type { HostTurnClaim } from '../claims/host-turn.ts';
import type { ChildCall, Platform } from './platform.ts';
import type { ControlSteps, HostSteps } from './steps.ts';
import type { TimeLimit } from './time-limit.ts';
import type { Undo } from './undo.ts';

type OfPlatform = 'log' | 'now' | 'uuid' | 'later' | 'scope' | 'shielded' | 'onSignal' | 'onUpdate';

/** What the steps of a procedure work with. Steps reach the platform through this interface only. */
export interface Run extends Pick<Platform, OfPlatform> {
  readonly id: Platform['run'];
  /** The time of the run, or a number of milliseconds later. */
  instant(afterMs?: number): Instant;
  readonly undo: Undo;
  /**
   * Waits for the lease of an existing instance, or uses the lease of the parent procedure. With an id, never that of
   * another instance which has the name by now; without one, the first that answers is meant until the run ends.
   */
  takeLease(of: InstanceName | Identity, waitMinutes: number): Promise<Lease>;
  /**
   * Lets other procedures work while this one waits for people. Later steps on the host need the lease taken again,
   * under a new token; so do undos.
   */
  returnLease(): Promise<void>;
  /** Waits, shown to operators and open to cancellation, until `isSo` or the time is over. True if it is so. */
  waitUntil(what: string, isSo: () => boolean, timeoutMs: number): Promise<boolean>;
  /** Cancels work that takes longer than the limit; the work then undoes what it began. */
  within<T>(limit: TimeLimit, work: () => Promise<T>): Promise<T>;
  /** Runs another procedure as a step of this one, and waits for it. */
  child<Type extends ProcedureType>(title: string, type: Type, call: ChildCall): Promise<ReportOf<Type>>;
  /** The turn of this run on a host, to be taken later; made before anything is awaited, so that it hears grants. */
  hostTurn(): HostTurnClaim;
  /** Shows operators that the run moves again after it waited for a turn. */
  goesOn(): void;
  /** Provisioning: makes the instance known with these facts and takes its lease; refuses a taken name. */
  registerInstance(facts: InstanceFacts): Promise<Lease>;
  /** Records facts about the instance at the end: if the procedure succeeds, or in any case. */
  record(facts: Partial<InstanceFacts>, when?: 'on success' | 'always'): void;
  /** Shown in the current details and kept in the journal. */
  plan(plan: object, question?: Question): void;
  host(lease: Lease): HostSteps;
  /** Steps that only read, before the run has a lease. */
  hostWithoutLease(host: HostName): HostSteps;
  readonly control: ControlSteps;
  steps(): StepRecord[];
}

/** A plan that people or services must decide on. */
export interface Question {
  /** Hash of the plan while a decision is awaited; `progress` shows it, so that the decision can name it. */
  asked(): string | undefined;
  /** Decisions so far, for the journal. */
  decisions(): Decision[];
  /** Markdown shown instead of the fields of the plan. */
  words(): string;
}
