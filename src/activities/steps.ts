import { careSteps } from './care/steps.ts';
import { catalogueSteps, journalSteps } from './catalogue/steps.ts';
import { claimSteps } from './claims/steps.ts';
import { drillSteps } from './drills/steps.ts';
import { hostChoiceSteps, instanceSteps } from './instance/steps.ts';
import { nightSteps } from './nights/steps.ts';
import { releaseSteps } from './releases/steps.ts';
import { setSteps, storedSetSteps } from './sets/steps.ts';
import { settleSteps } from './settle/steps.ts';
import type { ControlDeclarations, HostDeclarations } from './step-declaration.ts';

/** Every step on a host. An activity without a declaration does not compile, nor a declaration without an activity. */
export const hostDeclarations = {
  ...instanceSteps,
  ...setSteps,
  ...releaseSteps,
  ...drillSteps,
  ...careSteps,
  ...settleSteps,
} satisfies HostDeclarations;

/** Lease, turn and journal, which procedures use around their steps. A run does not record these. */
export const plumbingDeclarations = { ...claimSteps, ...journalSteps };

/** Every step that needs no host. */
export const controlDeclarations = {
  ...plumbingDeclarations,
  ...hostChoiceSteps,
  ...catalogueSteps,
  ...nightSteps,
  ...storedSetSteps,
} satisfies ControlDeclarations;
