import { z } from 'zod';
import { HostName, InstanceName } from './ids.ts';
import { InstanceRecord } from './instance-record.ts';
import { contract, reported } from './procedure.ts';

const AdoptRequest = z
  .strictObject({
    host: HostName.optional().describe('The host whose instances are made known; without it the default host'),
  })
  .prefault({})
  .describe(
    'Makes the instances of a host known again after Temporal lost its data. Instances that are known already are left alone.',
  );

/** An instance as its host knows it. */
export const HostedInstance = z.strictObject({
  record: InstanceRecord,
  addresses: z.record(z.string(), z.string()),
  /** The newest lease that the host has seen: the next lease must have a higher token. */
  lastToken: z.int().nonnegative(),
  /** Workflow ids of procedures that held something of the instance or had begun something beside it. */
  holders: z.array(z.string()),
});
export type HostedInstance = z.infer<typeof HostedInstance>;

export const AdoptReport = z.strictObject({
  ...reported('adopt'),
  host: HostName,
  adopted: z.array(
    z.strictObject({
      instance: InstanceName,
      /** Repairs, made because a procedure was under way when Temporal lost its data. */
      settled: z.array(z.string()),
    }),
  ),
  /** Instances of the host that were already known. */
  known: z.array(InstanceName),
});
export type AdoptReport = z.infer<typeof AdoptReport>;

export const adoptContract = contract({
  type: 'adopt',
  kind: 'procedure',
  request: AdoptRequest,
  report: AdoptReport,
  example: {},
  runbook: 'lost-temporal',
});
