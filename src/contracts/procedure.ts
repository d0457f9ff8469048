import { z } from 'zod';
import { StepRecord } from './progress.ts';

/**
 * Who starts a procedure, and whether it leaves a record. `procedure`: people, services and schedules start it.
 * `internal`: Drydock starts it. Both write a journal entry. `question`: it only reads, answers in a moment and is
 * asked again and again, so the journal does not keep it.
 */
type ProcedureKind = 'procedure' | 'internal' | 'question';

/** Fields that every report adds to those of its procedure. */
export function reported<Type extends string>(type: Type) {
  return { procedure: z.literal(type), steps: z.array(StepRecord) };
}

interface Reported<Type extends string> {
  procedure: Type;
  steps: StepRecord[];
}

/** A procedure. All lists come from this: workflow types, the client's functions, reference, words of reports. */
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
  /** A sufficient request, for the reference. */
  readonly example: z.input<Request>;
  /** The procedure's page in docs/runbooks. */
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
