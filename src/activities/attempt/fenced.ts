import type { Lease } from '../../contracts/lease.ts';

/** Argument of a step on a host: the step's own input, and the lease that the host checks before the step begins. */
export type Fenced<Step extends object = object> = Step & { lease: Lease };
