import type { z } from 'zod';
import { adoptContract } from './adopt.ts';
import { backupContract } from './backup.ts';
import { blueprintContract, blueprintsContract } from './blueprints.ts';
import { cleanupContract } from './cleanup.ts';
import { decommissionContract } from './decommission.ts';
import { drillContract } from './drill.ts';
import { readOnlyContract } from './edge-mode.ts';
import { hostEntity, instanceEntity } from './lease.ts';
import { holdContract, nightJobContract, scheduleContract, watchmanContract } from './night.ts';
import { objectivesContract } from './objectives.ts';
import { provisionContract } from './provision.ts';
import { reportContract } from './report.ts';
import { restoreContract } from './restore.ts';
import { retentionContract } from './retention.ts';
import { retireGenerationContract } from './retire.ts';
import { setContract, setsContract } from './sets.ts';
import { settleContract } from './settle.ts';
import { changeTierContract } from './tier.ts';
import { retireReleaseContract, rollbackContract, upgradeContract } from './upgrade.ts';
import { verifyContract } from './verify.ts';

/** Every procedure, in the order of the reference. */
export const procedures = [
  provisionContract,
  backupContract,
  restoreContract,
  upgradeContract,
  rollbackContract,
  verifyContract,
  drillContract,
  cleanupContract,
  decommissionContract,
  retentionContract,
  readOnlyContract,
  changeTierContract,
  holdContract,
  scheduleContract,
  nightJobContract,
  adoptContract,
  watchmanContract,
  setsContract,
  setContract,
  objectivesContract,
  reportContract,
  blueprintsContract,
  blueprintContract,
  retireGenerationContract,
  retireReleaseContract,
  settleContract,
] as const;

/** Workflows that are not procedures: they live as long as the instance or the host's work. Nobody starts them. */
export const entities = [instanceEntity, hostEntity] as const;

type Contract = (typeof procedures)[number];
type Contracts = { [Each in Contract as Each['type']]: Each };

export type ProcedureType = Contract['type'];
/** Procedures that people and services start; the others are Drydock's own. */
export type StartedType = Exclude<Contract, { kind: 'internal' }>['type'];

/** Types of the procedures that only read. */
export const questions: ReadonlySet<string> = new Set(
  procedures.flatMap(({ type, kind }) => (kind === 'question' ? [type] : [])),
);

type Requests = { [Type in ProcedureType]: z.input<Contracts[Type]['request']> };
type Reports = { [Type in ProcedureType]: z.output<Contracts[Type]['report']> };
export type RequestOf<Type extends ProcedureType> = Requests[Type];
export type ReportOf<Type extends ProcedureType> = Reports[Type];
