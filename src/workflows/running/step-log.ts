import type { Happened } from '../../activities/step-declaration.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import { explain, isCancellation } from '../../failures.ts';
import type { Platform } from './platform.ts';

/** A running activity of a step, and what its answer tells. */
interface Act<T> {
  readonly activityId: string;
  readonly event: (answer: T) => Happened | undefined;
}

/** What a procedure has done so far, in order; `changed` is called after every change. */
export class StepLog {
  readonly records: StepRecord[] = [];
  readonly platform: Platform;
  private readonly changed: () => void;
  private readonly inFlight = new Set<Promise<unknown>>();
  private undoing: StepRecord | undefined;
  private calls = 0;

  constructor(platform: Platform, changed: () => void = () => {}) {
    this.platform = platform;
    this.changed = changed;
  }

  /** Records a step while it runs. Inside an undo records only the undo, with its own title and its steps' events. */
  step<T>(name: string, work: () => Promise<T>, act?: Act<T>): Promise<T> {
    if (this.undoing !== undefined) return this.partOf(this.undoing, work, act);
    const running = this.run({ name, state: 'running', startedAt: this.now() }, 'done', work, act);
    this.inFlight.add(running);
    const landed = () => this.inFlight.delete(running);
    running.then(landed, landed);
    return running;
  }

  async undo(title: string, takeBack: () => Promise<unknown>): Promise<unknown> {
    this.undoing = { name: title, state: 'undoing', startedAt: this.now() };
    try {
      return await this.run(this.undoing, 'undone', takeBack);
    } finally {
      this.undoing = undefined;
    }
  }

  get unwinding(): boolean {
    return this.undoing !== undefined;
  }

  /** Unique in the run, and readable beside the step's name in the history. */
  nextActivityId(words: string): string {
    this.calls += 1;
    return `${this.unwinding ? 'undo' : 'step'}-${this.calls}-${words.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`;
  }

  /** Waits until no step runs any more, however each ended. */
  async settled(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.allSettled([...this.inFlight]);
  }

  private async partOf<T>(undoing: StepRecord, work: () => Promise<T>, act?: Act<T>): Promise<T> {
    if (act !== undefined) undoing.activityId = act.activityId;
    this.changed();
    const answer = await work();
    this.note(undoing, act?.event(answer));
    return answer;
  }

  private async run<T>(record: StepRecord, end: 'done' | 'undone', work: () => Promise<T>, act?: Act<T>): Promise<T> {
    if (act !== undefined) record.activityId = act.activityId;
    this.records.push(record);
    this.changed();
    try {
      const answer = await work();
      this.note(record, act?.event(answer));
      record.state = end;
      return answer;
    } catch (error) {
      record.state = 'failed';
      record.error = isCancellation(error) ? 'cancelled' : explain(error).message;
      throw error;
    } finally {
      record.endedAt = this.now();
      delete record.activityId;
      this.changed();
    }
  }

  private note(record: StepRecord, event: Happened | undefined): void {
    if (event !== undefined) record.events = [...(record.events ?? []), { ...event, at: event.at ?? this.now() }];
  }

  private now(): string {
    return this.platform.now().toISOString();
  }
}
