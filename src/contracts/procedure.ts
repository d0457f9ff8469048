import { z } from 'zod';
import { StepRecord } from './progress.ts';

/**
 * Who starts a procedure, and what stays of it. `procedure`: people, services and schedules start it. `internal`: Drydock starts it
 * by itself. Both write a journal entry. `question`: it only looks, answers in a moment, and is asked again and again, so the
 * journal keeps nothing of it.
 */
type ProcedureKind = 'procedure' | 'internal' | 'question';

/** Fields that every report has beside those of its procedure. */
export function reported<Type extends string>(type: Type) {
  return { procedure: z.literal(type), steps: z.array(StepRecord) };
}

interface Reported<Type extends string> {
  procedure: Type;
  steps: StepRecord[];
}

/** One procedure. Everything that lists procedures is made from this: workflow types, the client's functions, the reference, the words of reports. */
export interface ProcedureContract<
  Type extends string = string,
  Kind extends ProcedureKind = ProcedureKind,
  Request extends z.ZodType = z.ZodType,
  Report extends z.ZodType<Reported<Type>> = z.ZodType<Reported<Type>>,
> {
  /** Workflow type, as the Temporal UI shows it. */
  readonly type: Type;
  readonly kind: Kind;
  readonly request: Request;
  readonly report: Report;
  /** A request that is enough, for the reference. */
  readonly example: z.input<Request>;
  /** Name of its page in docs/runbooks. */
  readonly runbook: string;
}

export function contract<
  const Type extends string,
  const Kind extends ProcedureKind,
  Request extends z.ZodType,
  Report extends z.ZodType<Reported<Type>>,
>(fields: ProcedureContract<Type, Kind, Request, Report>): ProcedureContract<Type, Kind, Request, Report> {
  return fields;
}
