import { BlueprintPush, BlueprintReport, BlueprintsReport, BlueprintsRequest } from '../contracts/blueprint.ts';
import { ObjectivesReport, ObjectivesRequest } from '../contracts/objectives.ts';
import { MonthReport, ReportRequest } from '../contracts/report.ts';
import { SetReport, SetRequest, SetsReport, SetsRequest } from '../contracts/sets.ts';
import { procedure } from './running/procedure.ts';

/** Checks a blueprint and stores it under its version, for ever. Nothing to undo: it is one conditional write. */
export const blueprint = procedure({
  type: 'blueprint',
  request: BlueprintPush,
  report: BlueprintReport,
  steps: (push, run) => run.control.publishBlueprint({ push }),
});

/** Lists what was pushed. */
export const blueprints = procedure({
  type: 'blueprints',
  request: BlueprintsRequest,
  report: BlueprintsReport,
  steps: async (_, run) => ({ blueprints: await run.control.listBlueprints() }),
});

/** Lists the recovery sets of an instance, newest first. */
export const sets = procedure({
  type: 'sets',
  request: SetsRequest,
  report: SetsReport,
  steps: async ({ instance }, run) => ({ instance, sets: await run.control.listSets({ instance }) }),
});

/** Shows one manifest, whole. */
export const set = procedure({
  type: 'set',
  request: SetRequest,
  report: SetReport,
  steps: async (request, run) => ({ manifest: await run.control.readManifest({ set: request.set }) }),
});

/** Compares what was promised for an instance with what its sets, drills and restores prove. */
export const objectives = procedure({
  type: 'objectives',
  request: ObjectivesRequest,
  report: ObjectivesReport,
  steps: ({ instance }, run) => run.control.computeObjectives({ instance }),
});

/** Writes down what is proven of one month of an instance. */
export const report = procedure({
  type: 'report',
  request: ReportRequest,
  report: MonthReport,
  steps: ({ instance, month }, run) => run.control.composeReport({ instance, month }),
});
