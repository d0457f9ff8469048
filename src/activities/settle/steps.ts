import type { HostDeclarations } from '../step-declaration.ts';

export const settleSteps = {
  findInstance: { title: 'find instance', policy: 'short' },
  stopStrayJobs: { title: 'stop stray jobs', policy: 'long' },
  liftHolds: { title: 'lift read-only holds of dead runs', policy: 'short' },
  endExchange: { title: 'end a half-made exchange', policy: 'long' },
  endSwitch: { title: 'undo a half-made switch', policy: 'long' },
  endDeadDrill: { title: 'remove the drill of a dead run', policy: 'long' },
  removeBuilds: { title: 'remove containers of unfinished generations', policy: 'long' },
  stopStrayWriters: { title: 'stop stray writers', policy: 'long' },
  recoverStores: { title: 'recover stores', policy: 'long' },
  startMissing: { title: 'start missing containers', policy: 'long' },
  settleEdge: { title: 'settle the edge', policy: 'short' },
  endUpgrade: { title: 'end the upgrade of a dead run', policy: 'long' },
  readFacts: { title: 'read facts of the instance', policy: 'short' },
  observeInstances: { title: 'observe instances', policy: 'short' },
} satisfies Partial<HostDeclarations>;
