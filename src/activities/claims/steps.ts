import type { ControlDeclarations } from '../step-declaration.ts';

export const claimSteps = {
  requestLease: { title: 'request lease', policy: 'control' },
  registerInstance: { title: 'register instance', policy: 'control' },
  adoptInstance: { title: 'adopt instance', policy: 'control' },
  withdrawRequest: { title: 'withdraw request', policy: 'control' },
  releaseLease: { title: 'release lease', policy: 'control' },
  describeClaimant: { title: 'describe claimant', policy: 'control' },
  requestTurn: { title: 'request turn', policy: 'control' },
  withdrawTurn: { title: 'withdraw turn', policy: 'control' },
  releaseTurn: { title: 'release turn', policy: 'control' },
} satisfies Partial<ControlDeclarations>;
