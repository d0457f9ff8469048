import {
  BlueprintPush,
  type BlueprintReport,
  type BlueprintsReport,
  BlueprintsRequest,
} from '../contracts/blueprint.ts';
import { type ObjectivesReport, ObjectivesRequest } from '../contracts/objectives.ts';
import { type MonthReport, ReportRequest } from '../contracts/report.ts';
import { type SetReport, SetRequest, type SetsReport, SetsRequest } from '../contracts/sets.ts';
import { procedure } from './running/procedure.ts';

/** Checks a blueprint and stores it under its version, for ever. Nothing to undo: it is one conditional write. */
export async function blueprint(input?: unknown): Promise<BlueprintReport> {
  return procedure('blueprint', BlueprintPush, input, undefined, (push, run) => run.control.publishBlueprint({ push }));
}

/** Lists what was pushed. */
export async function blueprints(input?: unknown): Promise<BlueprintsReport> {
  return procedure('blueprints', BlueprintsRequest, input, undefined, async (_, run) => ({
    blueprints: await run.control.listBlueprints(),
  }));
}

/** Lists the recovery sets of an instance, newest first. */
export async function sets(input?: unknown): Promise<SetsReport> {
  return procedure('sets', SetsRequest, input, undefined, async ({ instance }, run) => ({
    instance,
    sets: await run.control.listSets({ instance }),
  }));
}

/** Shows one manifest, whole. */
export async function set(input?: unknown): Promise<SetReport> {
  return procedure('set', SetRequest, input, undefined, async (request, run) => ({
    manifest: await run.control.readManifest({ set: request.set }),
  }));
}

/** Compares what was promised for an instance with what its sets, drills and restores prove. */
export async function objectives(input?: unknown): Promise<ObjectivesReport> {
  return procedure('objectives', ObjectivesRequest, input, undefined, ({ instance }, run) =>
    run.control.computeObjectives({ instance }),
  );
}

/** Writes down what is proven of one month of an instance. */
export async function report(input?: unknown): Promise<MonthReport> {
  return procedure('report', ReportRequest, input, undefined, ({ instance, month }, run) =>
    run.control.composeReport({ instance, month }),
  );
}
