import type { HostDeclarations } from '../step-declaration.ts';

export const drillSteps = {
  planDrill: { title: 'plan drill', policy: 'short' },
  beginDrill: { title: 'begin drill', policy: 'long' },
  prepareDrill: { title: 'prepare drill', policy: 'long' },
  startDrilledRelease: { title: 'start drilled release', policy: 'long' },
  verifyDrill: { title: 'verify drill', policy: 'long' },
  removeDrill: { title: 'remove drill', policy: 'long' },
  proveDrillRemoved: { title: 'prove drill removed', policy: 'short' },
} satisfies Partial<HostDeclarations>;
