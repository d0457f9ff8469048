import { z } from 'zod';
import {
  BlueprintRef,
  Colour,
  Generation,
  HostName,
  Identity,
  InstanceName,
  ServiceName,
  Sha256,
  Tier,
  VariableName,
} from './ids.ts';
import { Lineage } from './instance-record.ts';
import { contract, reported } from './procedure.ts';

export const ProvisionRequest = z
  .strictObject({
    instance: InstanceName,
    blueprint: BlueprintRef,
    host: HostName.optional().describe('Where the instance lives; without it the default host of the control worker'),
    tier: Tier.default('standard').describe('What was sold to the client; it is kept in the record of the instance'),
    variables: z
      .record(VariableName, z.string())
      .default({})
      .describe(
        'Values for variables of the blueprint. A secret is never given here: secret:FILE names a file in the secrets directory of the host',
      ),
    storePorts: z
      .enum(['closed', 'loopback'])
      .default('closed')
      .describe('loopback publishes the stores on 127.0.0.1 of the host, for tools; closed keeps them unreachable'),
  })
  .describe('Makes a new instance from a blueprint.');
export type ProvisionRequest = z.infer<typeof ProvisionRequest>;

/** The complete plan of a provisioning. Names and numbers only; the host generates secrets when the step runs. */
export const ProvisionPlan = Identity.extend({
  host: HostName,
  tier: Tier,
  project: z.string(),
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
  /** Values copied to `.env` unchanged: ports, images, plain text. */
  variables: z.record(VariableName, z.string()),
  /** Variables whose secret the host generates. */
  generate: z.array(VariableName),
  /** Variable → file name in the host's secrets directory. */
  secretFiles: z.record(VariableName, z.string()),
  storePorts: z.enum(['closed', 'loopback']),
  lineage: Lineage.optional(),
  ports: z.record(VariableName, z.int()),
  images: z.record(ServiceName, z.string()),
  volumes: z.record(ServiceName, z.string()),
  memoryBytes: z.int(),
  hash: Sha256,
});
export type ProvisionPlan = z.infer<typeof ProvisionPlan>;

export const ProvisionReport = z.strictObject({
  ...reported('provision'),
  instance: InstanceName,
  host: HostName,
  blueprint: BlueprintRef,
  addresses: z.record(z.string(), z.string()),
});
export type ProvisionReport = z.infer<typeof ProvisionReport>;

export const provisionContract = contract({
  type: 'provision',
  kind: 'procedure',
  request: ProvisionRequest,
  report: ProvisionReport,
  example: { instance: 'sap', blueprint: 'osmose@1.0.0' },
  runbook: 'provision',
});
