import { BlueprintPush, BlueprintReport, BlueprintsReport, BlueprintsRequest } from './blueprint.ts';
import { contract, reported } from './procedure.ts';

export const blueprintsContract = contract({
  type: 'blueprints',
  kind: 'question',
  request: BlueprintsRequest,
  report: BlueprintsReport.extend(reported('blueprints')),
  example: {},
  runbook: 'provision',
});

export const blueprintContract = contract({
  type: 'blueprint',
  kind: 'procedure',
  request: BlueprintPush,
  report: BlueprintReport.extend(reported('blueprint')),
  example: { files: { 'blueprint.yaml': 'bmFtZTogb3Ntb3NlCg==' } },
  runbook: 'provision',
});
