import type { Decision } from '../../contracts/approval.ts';
import { InstanceId } from '../../contracts/ids.ts';
import { type Progress, progressQuery, type StepRecord } from '../../contracts/progress.ts';
import type { WorkflowType } from '../../contracts/queues.ts';
import { procedureDetails } from './details.ts';
import type { Question } from './run.ts';
import type { StepLog } from './step-log.ts';

type Phase = Progress['phase'];

/** What operators see of a run: the answer to `progress`, the current details, the search attributes. */
export class RunDisplay {
  instance = '';
  id: InstanceId | undefined;
  error: string | undefined;
  private readonly procedure: WorkflowType;
  private readonly log: StepLog;
  private phase: Phase = 'starting';
  private phaseSince: string;
  private waitingFor: string | undefined;
  private planned: object | undefined;
  private question: Question | undefined;

  constructor(procedure: WorkflowType, log: StepLog) {
    this.procedure = procedure;
    this.log = log;
    this.phaseSince = this.now();
    log.platform.onQuery(progressQuery, {
      description: 'What the procedure does now: phase, who it waits for, steps',
      answer: () => this.progress(),
    });
  }

  get plan(): object | undefined {
    return this.planned;
  }

  /** Undefined if nobody is asked. */
  get decisions(): Decision[] | undefined {
    return this.question?.decisions();
  }

  begins(request: unknown): void {
    this.instance = textField(request, 'instance') ?? '';
    this.enter('starting');
    this.log.platform.showAttributes({ DrydockSet: setId(request) });
  }

  waits(what: string): void {
    this.waitingFor = what;
    this.enter('waiting');
  }

  runs(): void {
    this.waitingFor = undefined;
    this.enter('running');
  }

  plans(plan: object, question: Question | undefined): void {
    this.planned = plan;
    this.question = question;
    if (this.instance === '') this.instance = textField(plan, 'instance') ?? '';
    this.id ??= InstanceId.safeParse(textField(plan, 'id')).data;
    this.log.platform.showAttributes({
      DrydockInstance: this.instance,
      DrydockHost: textField(plan, 'host'),
      DrydockSet: setId(plan),
    });
    this.show();
  }

  ends(phase: 'done' | 'failed'): void {
    this.waitingFor = undefined;
    this.enter(phase);
  }

  /** Shows no instance: a request that cannot be read names none. */
  isRefused(error: string): void {
    this.error = error;
    this.phase = 'failed';
    this.show();
  }

  steps(): StepRecord[] {
    return this.log.records.map((record) => ({ ...record }));
  }

  show(): void {
    if (this.log.unwinding && this.phase !== 'undoing') {
      this.waitingFor = undefined;
      this.enter('undoing');
      return;
    }
    const { phaseSince, planned: plan, question, error } = this;
    const words = question?.words();
    const { platform } = this.log;
    const { workflowId } = platform.run;
    platform.show(procedureDetails({ progress: this.progress(), workflowId, phaseSince, plan, words, error }));
  }

  /** A wait inside an undo counts as undoing. */
  private enter(phase: Phase): void {
    const shown = this.log.unwinding ? 'undoing' : phase;
    if (shown !== this.phase) this.phaseSince = this.now();
    this.phase = shown;
    this.log.platform.showAttributes({ DrydockInstance: this.instance, DrydockPhase: shown });
    this.show();
  }

  private now(): string {
    return this.log.platform.now().toISOString();
  }

  private progress(): Progress {
    const { procedure, instance, phase, waitingFor } = this;
    return { procedure, instance, phase, waitingFor, plan: this.question?.asked(), steps: this.steps() };
  }
}

function textField(value: unknown, field: string): string | undefined {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
  return typeof found === 'string' ? found : undefined;
}

function setId(value: unknown): string | undefined {
  const set = textField(value, 'set');
  return set === 'latest' ? undefined : set;
}
