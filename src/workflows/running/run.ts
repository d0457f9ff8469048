import type { Decision } from '../../contracts/approval.ts';
import type { HostName, InstanceName, Instant } from '../../contracts/ids.ts';
import type { InstanceFacts, Lease } from '../../contracts/lease.ts';
import type { ProcedureType, ReportOf } from '../../contracts/procedures.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type { HostTurnClaim } from '../claims/host-turn.ts';
import type { ChildCall, Platform } from './platform.ts';
import type { ControlSteps, HostSteps } from './steps.ts';
import type { TimeLimit } from './time-limit.ts';
import type { Undo } from './undo.ts';

type OfPlatform = 'log' | 'now' | 'uuid' | 'later' | 'scope' | 'shielded' | 'onSignal' | 'onUpdate';

/** What the steps of a procedure work with. Whatever carries the run is reached through it, and nothing else of that is. */
export interface Run extends Pick<Platform, OfPlatform> {
  readonly id: Platform['run'];
  /** The time of the run, or so many milliseconds after it. */
  instant(afterMs?: number): Instant;
  readonly undo: Undo;
  /** Waits for the lease of an existing instance, or uses that of the procedure this one is nested in. */
  takeLease(instance: InstanceName, waitMinutes: number): Promise<Lease>;
  /**
   * Lets other procedures work while this one waits for people. What needs the host afterwards takes the lease again, under
   * a new token; an undo too.
   */
  returnLease(): Promise<void>;
  /** Waits, shown to operators and open to cancellation, until it is so or the time is over. True if it is so. */
  waitUntil(what: string, isSo: () => boolean, timeoutMs: number): Promise<boolean>;
  /** Work that takes longer is cancelled and undoes what it began. */
  within<T>(limit: TimeLimit, work: () => Promise<T>): Promise<T>;
  /** Runs another procedure under this one as a step of it, and waits for it. */
  child<Type extends ProcedureType>(title: string, type: Type, call: ChildCall): Promise<ReportOf<Type>>;
  /** The turn of this run on a host, to be taken later; made before anything is awaited, so that it hears grants. */
  hostTurn(): HostTurnClaim;
  /** Shows operators that the run moves again after it waited for a turn. */
  goesOn(): void;
  /** Provisioning: makes the instance known with these facts and takes its lease; refuses a name that is taken. */
  registerInstance(facts: InstanceFacts): Promise<Lease>;
  /** What shall be known of the instance afterwards: if the procedure succeeds, or whatever becomes of it. */
  record(facts: Partial<InstanceFacts>, when?: 'on success' | 'always'): void;
  /** Shown in the current details and kept in the journal. */
  plan(plan: object, question?: Question): void;
  host(lease: Lease): HostSteps;
  /** For steps that only read, before there is a lease. */
  hostWithoutLease(host: HostName): HostSteps;
  readonly control: ControlSteps;
  steps(): StepRecord[];
}

/** A plan that somebody must decide on. */
export interface Question {
  /** The hash, while a decision about it is awaited; answered to `progress`, so that the decision can name it. */
  asked(): string | undefined;
  /** What was decided so far, for the journal. */
  decisions(): Decision[];
  /** Shown instead of the fields of the plan, as Markdown. */
  words(): string;
}
