/** The typed client that other services import. */
export { type ClientConfig, readClientConfig, Secret } from '../config.ts';
export type { ApprovalAnswer, ApprovalMessage } from '../contracts/approval.ts';
export type { Objective, ObjectivesReport } from '../contracts/objectives.ts';
export type { MonthReport } from '../contracts/report.ts';
export type { UpgradePlan } from '../contracts/upgrade.ts';
export { DrydockError, type ErrorCode, errorCodes } from '../errors.ts';
export { commandExitCodes, RunEnded } from './exit-codes.ts';
export type { InstanceView, RunView } from './instances.ts';
export type { Observation, StepObservation } from './observation.ts';
export { connect, type Operations } from './operations.ts';
export type { RunHandle } from './runs.ts';
export { freshWorkflowId } from './workflow-ids.ts';
