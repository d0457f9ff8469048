import type { StepEvent } from '../contracts/progress.ts';
import type { ControlActivities, HostActivities } from './index.ts';

/** How long and how often a step is tried; `src/workflows/running/policies.ts` says what each means. */
export type StepPolicy = 'short' | 'long' | 'control' | 'notice';

/**
 * What is known of a step before it runs. It stands in `steps.ts` beside the activity, and nothing of it is derived from the
 * activity's name. `subject` and `event` are methods, so that steps with different inputs fit into one list.
 */
export interface StepDeclaration<Input = object, Answer = unknown> {
  /** In the operator's words: whoever reads it in a history finds it in the code. Nothing computes with it. */
  readonly title: string;
  /** Which of several; shown behind the title. */
  subject?(input: Input): string | number;
  readonly policy: StepPolicy;
  /** What the step has done for those who use the instance. Without `at` it happened when the answer came. */
  event?(answer: Answer, input: Input): Happened;
}

type Untimed<Event> = Event extends StepEvent ? Omit<Event, 'at'> & { at?: string } : never;
export type Happened = Untimed<StepEvent>;

type StepsOf<Activities> = {
  readonly [Name in keyof Activities]: Activities[Name] extends (input: infer Input) => Promise<infer Answer>
    ? StepDeclaration<Input, Answer>
    : never;
};
/** What acts on a host: a declaration of each activity, and of nothing else. */
export type HostDeclarations = StepsOf<HostActivities>;
/** What any control worker runs. */
export type ControlDeclarations = StepsOf<ControlActivities>;
