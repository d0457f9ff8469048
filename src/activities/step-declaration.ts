import type { StepEvent } from '../contracts/progress.ts';
import type { ControlActivities, HostActivities } from './index.ts';

/** How long and how often a step is tried; `src/workflows/running/policies.ts` explains each policy. */
export type StepPolicy = 'short' | 'long' | 'control' | 'notice';

/**
 * What is known of a step before it runs. It stands in `steps.ts` beside the activity; nothing of it is derived from
 * the activity's name. `subject` and `event` are methods, so that steps with different inputs fit into one list.
 */
export interface StepDeclaration<Input = object, Answer = unknown> {
  /** The operator's words: found in a history, they are found in the code too. Nothing computes with a title. */
  readonly title: string;
  /** Which of several objects the step acts on; shown after the title. */
  subject?(input: Input): string | number;
  readonly policy: StepPolicy;
  /** What the step changed for the users of the instance. An event without `at` happened when the answer came. */
  event?(answer: Answer, input: Input): Happened;
}

type Untimed<Event> = Event extends StepEvent ? Omit<Event, 'at'> & { at?: string } : never;
export type Happened = Untimed<StepEvent>;

type StepsOf<Activities> = {
  readonly [Name in keyof Activities]: Activities[Name] extends (input: infer Input) => Promise<infer Answer>
    ? StepDeclaration<Input, Answer>
    : never;
};
/** A declaration of each activity on a host, and of nothing else. */
export type HostDeclarations = StepsOf<HostActivities>;
/** The same for what any control worker runs. */
export type ControlDeclarations = StepsOf<ControlActivities>;
