import type { HostDeclarations } from '../step-declaration.ts';

export const settleSteps = {
  settleInstance: { title: 'settle instance', policy: 'long' },
  observeInstances: { title: 'observe instances', policy: 'short' },
} satisfies Partial<HostDeclarations>;
