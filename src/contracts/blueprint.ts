import { z } from 'zod';
import { cares, kinds, questions, scripts } from '../stores/kinds.ts';
import { AvailabilityPromise } from './availability.ts';
import { migrationOf, RelativePath } from './blueprint-parts.ts';
import { Duration, MaintenanceWindow, ServiceName, Sha256, VariableName, Version } from './ids.ts';
import { Nights } from './night.ts';
import { RetentionRules } from './retention-rules.ts';

const [firstKind, ...otherKinds] = kinds;

/** A service that holds data, or files. Each kind's fields and acts are defined in src/stores. */
export const StoreSpec = z.discriminatedUnion('kind', [firstKind.spec, ...otherKinds.map(({ spec }) => spec)]);
export type StoreSpec = z.infer<typeof StoreSpec>;

const Route = z.strictObject({
  port: VariableName.describe('Variable of the port on which the edge publishes the route'),
  service: ServiceName.describe('Service that answers'),
  target: z.int().min(1).max(65535).describe('Port inside the container'),
  ready: z.string().startsWith('/').default('/').describe('Path that answers 200 when the service is ready'),
});
const StorePort = Route.omit({ ready: true });

/** How a variable of `.env.template` gets its value. Variables not listed are plain text with the template's default. */
export const VariableSpec = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('port'),
    base: z
      .int()
      .min(1)
      .max(65435)
      .describe('First choice; a multiple of 100 is added until all ports of the instance are free'),
  }),
  z.strictObject({
    kind: z.literal('secret'),
    generate: z.literal('hex32').optional().describe('The host makes 32 random bytes in hex when the instance is made'),
    optional: z.boolean().optional().describe('May stay empty'),
  }),
  z.strictObject({ kind: z.literal('text'), optional: z.boolean().optional().describe('May stay empty') }),
]);
export type VariableSpec = z.infer<typeof VariableSpec>;

const InitStep = z.union(scripts.map(({ init }) => init));
const SmokeStep = z.strictObject({
  http: z
    .string()
    .regex(/^GET \//, 'must be GET and a path')
    .describe('GET and a path; the request goes to the service itself, past the edge'),
  service: ServiceName.describe('Service of the release'),
  expect: z.strictObject({
    status: z.int().default(200).describe('Status it must answer'),
    json: z.record(z.string(), z.unknown()).optional().describe('Fields its JSON answer must hold, with these values'),
  }),
});
const VerifyStep = z.union(questions.map(({ step }) => step));

/** A change to the data of an instance. Each must be safe to repeat: a killed migration starts again. */
export const Migration = z.union([
  ...scripts.map(({ migration }) => migration),
  z.strictObject({
    ...migrationOf,
    command: z.array(z.string()).min(1).describe('Command in a one-off container of the new release'),
    service: ServiceName.describe('Service of the release; the container gets its image, environment and networks'),
  }),
]);
export type Migration = z.infer<typeof Migration>;

type Sections = UnionToIntersection<(typeof cares)[number]['section']>;
type UnionToIntersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;
const sections: Sections = Object.assign({}, ...cares.map(({ section }) => section));
const CleanupSpec = z.strictObject(sections);

/** `blueprint.yaml`: facts about a stack that its Compose file does not tell. */
export const Blueprint = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .describe('Name of the blueprint: a–z, 0–9 and -'),
  version: Version.describe('Raise the version with every change: a version that was pushed never changes'),
  description: z.string().optional().describe('One line for people'),
  stores: z
    .record(ServiceName, StoreSpec)
    .describe('Stores by a name of your choice: services and files that hold data'),
  release: z.array(ServiceName).min(1).describe('Stateless services: each release runs in its own colour'),
  writers: z
    .array(ServiceName)
    .default([])
    .describe('Services of the release that write without being asked by a request; they stop during a barrier'),
  edge: z
    .strictObject({
      image: VariableName.describe('Variable that names the image of HAProxy, 2.6 or later'),
      routes: z.array(Route).min(1).describe('Routes that the edge publishes'),
      storePorts: z
        .array(StorePort)
        .default([])
        .describe('Ports of stores, published on loopback and only when asked for'),
      readOnly: z
        .strictObject({
          allow: z
            .array(z.string().regex(/^(POST|PUT|PATCH|DELETE) \/\S*$/, 'must be a method and a path'))
            .default([])
            .describe(
              'Requests that only read although their method writes, such as POST /search; the path is compared exactly',
            ),
          retryAfterSeconds: z
            .int()
            .positive()
            .default(30)
            .describe('Seconds after which a refused writer may try again, as the answer says'),
        })
        .prefault({})
        .describe('Requests that pass while writing is off. GET, HEAD and OPTIONS always pass'),
    })
    .describe('The reverse proxy of the instance'),
  variables: z
    .record(VariableName, VariableSpec)
    .default({})
    .describe(
      'How a variable of .env.template gets its value. A variable that is not listed is plain text with the default of the template',
    ),
  init: z
    .array(InitStep)
    .default([])
    .describe(
      'Scripts for schema and collections; they run at provisioning and after a restore, so each must be safe to repeat',
    ),
  smoke: z.array(SmokeStep).default([]).describe('Requests that show that a release works'),
  verify: z
    .array(VerifyStep)
    .default([])
    .describe('Questions that the data must answer after a restore and in a verification'),
  backup: z.strictObject({ order: z.array(ServiceName).min(1).describe('Every store once, in the order of capture') }),
  restore: z.strictObject({
    order: z
      .array(ServiceName)
      .min(1)
      .describe('Every store once, in the order in which a restore begins to load them'),
  }),
  migrations: z
    .array(Migration)
    .default([])
    .describe(
      'Migrations in the order in which they run. An upgrade runs those whose `since` is above the version that the instance leaves',
    ),
  upgrade: z
    .strictObject({
      readOnly: z
        .enum(['for-migrations', 'always'])
        .default('for-migrations')
        .describe('When writing is off before the new release takes over'),
      approvals: z
        .strictObject({
          standard: z.int().min(1).max(2).default(1).describe('Approvals an instance of this tier needs'),
          premium: z.int().min(1).max(2).default(1).describe('Approvals an instance of this tier needs'),
        })
        .prefault({})
        .describe('How many different people or services must approve a plan'),
      window: z
        .union([z.literal('now'), MaintenanceWindow])
        .default('sun 02:00-06:00 UTC')
        .describe('When an approved upgrade begins, unless the request says otherwise'),
      safetySetMaxAge: Duration.default('24h').describe('How old a verified set may be to serve as the safety set'),
      soak: Duration.default('10m').describe('How long the new release is watched before the way back closes'),
      watch: z
        .strictObject({
          errorRate: z
            .number()
            .min(0)
            .max(1)
            .default(0.02)
            .describe(
              'Share of answers of 500 and above, on top of the share of the old release, beyond which the instance goes back',
            ),
          latencyFactor: z
            .number()
            .min(1)
            .default(3)
            .describe(
              'How many times slower than before answers may be on average; beyond that the instance goes back',
            ),
          latencyFloorMs: z
            .number()
            .min(0)
            .default(250)
            .describe('Mean latency that is always good enough, in milliseconds'),
          minimumRequests: z
            .int()
            .positive()
            .default(20)
            .describe('Requests that a judgement needs; fewer prove nothing'),
        })
        .prefault({})
        .describe(
          'Limits beyond which an instance goes back by itself during the watch; it also goes back when health or smoke fail',
        ),
    })
    .prefault({})
    .describe('How an instance comes to this version'),
  retention: RetentionRules.prefault({}).describe('Which recovery sets stay, by the tier of the instance'),
  nights: Nights.prefault({}).describe('When backups, cleaning and drills are done'),
  objectives: z
    .record(
      z.string(),
      z.strictObject({
        rpo: Duration.optional().describe(
          'Most data that may be lost, as time. When the sets of the tier are too rare for this promise, the store is captured more often, by itself',
        ),
        rto: Duration.optional().describe('Longest time to be back'),
      }),
    )
    .default({})
    .describe('Promises for each store or for the whole application'),
  availability: AvailabilityPromise.prefault({}).describe(
    'Promises to clients by their tier: share of a month in which the edge is open, in percent',
  ),
  cleanup: CleanupSpec.prefault({}).describe('What cleanup may remove. Without an entry there is nothing to clean'),
});
export type Blueprint = z.infer<typeof Blueprint>;

// Not zod's own: zod calls atob, which workflow code does not have.
const Base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64');

/** Largest blueprint that may be pushed, in bytes of its files: the control worker receives it as one request. */
export const blueprintLimitBytes = 512 * 1024;

export const BlueprintPush = z
  .strictObject({
    files: z.record(RelativePath, Base64).describe('Content of each file by its relative path, in base64'),
  })
  .describe('Checks a blueprint and stores it under its name and version, for ever.');
export type BlueprintPush = z.infer<typeof BlueprintPush>;

/** The content of `blueprints/<name>/<version>.json`: the files and their digest. */
export const StoredBlueprint = z.strictObject({
  name: z.string(),
  version: Version,
  digest: Sha256,
  pushedAt: z.iso.datetime(),
  files: z.record(RelativePath, Base64),
});
export type StoredBlueprint = z.infer<typeof StoredBlueprint>;

export const BlueprintReport = z.strictObject({
  blueprint: z.string(),
  digest: Sha256,
  outcome: z.enum(['pushed', 'already-there']),
});
export type BlueprintReport = z.infer<typeof BlueprintReport>;

export const BlueprintsRequest = z.strictObject({}).prefault({}).describe('Lists the blueprints that were pushed.');
export const BlueprintsReport = z.strictObject({ blueprints: z.array(z.string()) });
export type BlueprintsReport = z.infer<typeof BlueprintsReport>;
