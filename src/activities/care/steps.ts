import type { HostDeclarations } from '../step-declaration.ts';

export const careSteps = {
  planCleanup: { title: 'plan cleanup', policy: 'long' },
  deleteOldNodes: { title: 'delete old nodes', policy: 'long' },
  countOldNodes: { title: 'count old nodes', policy: 'long' },
  reclaimSpace: { title: 'reclaim space', subject: ({ collection }) => collection, policy: 'long' },
  restoreVacuum: { title: 'restore vacuum', policy: 'short' },
  measureSpace: { title: 'measure space', policy: 'short' },
} satisfies Partial<HostDeclarations>;
