import type { z } from 'zod';
import type { Lease } from '../../contracts/lease.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type { WorkflowType } from '../../contracts/queues.ts';
import { invalidInput } from '../../failures.ts';
import { closeRun, failRun, refuseRun } from './ending.ts';
import { onTemporal } from './on-temporal.ts';
import type { Platform } from './platform.ts';
import { ProcedureRun } from './procedure-run.ts';
import type { Run } from './run.ts';
import { withUndo } from './undo.ts';

/** A procedure on any platform: its request, its report and its steps. */
interface Definition<Type extends WorkflowType, Request extends z.ZodType, Result extends object> {
  readonly type: Type;
  readonly request: Request;
  /** Registers its handlers before it awaits anything. */
  readonly steps: (request: z.output<Request>, run: Run) => Promise<Result>;
}

/** What the steps return: the rest of a report is the same for all procedures. */
type ResultOf<Report> = Report extends object ? Omit<Report, keyof Common<WorkflowType>> : never;

interface Common<Type> {
  procedure: Type;
  steps: StepRecord[];
}

/** A workflow of Temporal; `on` performs the same procedure on any other platform. */
export function procedure<
  Type extends WorkflowType,
  Request extends z.ZodType,
  Report extends z.ZodType<object> = z.ZodType<object>,
>(definition: Definition<Type, Request, ResultOf<z.output<Report>>> & { readonly report?: Report }) {
  const on = (platform: Platform, input?: unknown, nested?: Lease) => perform(definition, platform, input, nested);
  const workflow = (input?: unknown, nested?: Lease) => on(onTemporal, input, nested);
  return Object.assign(workflow, { on });
}

/**
 * What every procedure has in common: reads the request, answers `progress`, shows itself, undoes its work when it
 * fails, releases the lease, writes the journal. Handlers are registered before anything is awaited.
 */
async function perform<Type extends WorkflowType, Request extends z.ZodType, Result extends object>(
  { type, request, steps }: Definition<Type, Request, Result>,
  platform: Platform,
  input: unknown,
  nested: Lease | undefined,
): Promise<Result & Common<Type>> {
  const run = new ProcedureRun(type, platform, nested);
  const parsed = request.safeParse(input);
  if (!parsed.success) throw refuseRun(run, invalidInput(parsed.error));
  run.begin(parsed.data);
  try {
    const result = await withUndo(run.undo, () => steps(parsed.data, run));
    await closeRun(run, { outcome: 'done', result });
    return { ...result, procedure: type, steps: run.steps() };
  } catch (error) {
    throw await failRun(run, error);
  }
}
