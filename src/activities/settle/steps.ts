import type { HostDeclarations } from '../step-declaration.ts';

export const settleSteps = {
  findInstance: { title: 'find instance', policy: 'short' },
  stopStrayJobs: { title: 'stop stray jobs', policy: 'long' },
  liftHolds: { title: 'lift what dead runs held', policy: 'short' },
  endExchange: { title: 'end a half-made exchange', policy: 'long' },
  endSwitch: { title: 'take a half-made switch back', policy: 'long' },
  endDeadDrill: { title: 'remove the drill of a dead run', policy: 'long' },
  removeBuilds: { title: 'remove what was being built', policy: 'long' },
  stopStrayWriters: { title: 'stop stray writers', policy: 'long' },
  recoverStores: { title: 'recover stores', policy: 'long' },
  startMissing: { title: 'start what is missing', policy: 'long' },
  settleEdge: { title: 'settle the edge', policy: 'short' },
  endUpgrade: { title: 'end the upgrade of a dead run', policy: 'long' },
  readFacts: { title: 'read what the instance is', policy: 'short' },
  observeInstances: { title: 'observe instances', policy: 'short' },
} satisfies Partial<HostDeclarations>;
