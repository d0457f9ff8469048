import { createHash } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { BackupPlan } from '../../src/contracts/backup.ts';
import { Blueprint, type BlueprintPush } from '../../src/contracts/blueprint.ts';
import { Identity, InstanceId, SetId } from '../../src/contracts/ids.ts';
import { InstanceRecord } from '../../src/contracts/instance-record.ts';
import { InstanceFacts } from '../../src/contracts/lease.ts';
import { Artifact, Manifest } from '../../src/contracts/manifest.ts';
import { ProvisionPlan } from '../../src/contracts/provision.ts';
import { RestorePlan } from '../../src/contracts/restore.ts';
import type { ComposeModel } from '../../src/drivers/compose/compose.ts';
import type { BlueprintFiles } from '../../src/model/check/check-blueprint.ts';

/** Valid values of the contracts; a test names only the fields it is about. */

export const setId = SetId.parse('20261121T030000Z-1a2b3c4d');
export const digest = 'ab'.repeat(32);
export const instanceId = InstanceId.parse('01K9D2T4N6QX8ZB3C5E7G9J1KM');

/** Id of an instance of this name in a world in memory, which had so many of that name before. */
export function idOf(instance: string, before = 0): InstanceId {
  if (instance === 'pharma' && before === 0) return instanceId;
  const digits = createHash('sha256').update(`${instance} ${before}`).digest('hex').slice(0, 16).toUpperCase();
  return InstanceId.parse(`${instanceId.slice(0, 10)}${digits}`);
}

export function anIdentity(instance = 'pharma'): Identity {
  return Identity.parse({ instance, id: instanceId });
}

type StoreName = 'graph' | 'vectors' | 'queue' | 'files';

export interface BlueprintChoices {
  version?: string;
  stores?: readonly StoreName[];
  /** Port of the application, and the first choice for the published port. */
  port?: number;
  /** Text of a configuration file: another text makes another digest. */
  note?: string;
  /** Migrations of all three kinds, or one more that is made on a copy; and a further file of `config/`. */
  migrations?: 'none' | 'compatible' | 'incompatible';
}

const allMigrations = [
  { name: 'slugs', since: '2.0.0', compatible: true, cypher: 'migrations/slugs.cypher', store: 'graph' },
  { name: 'index', since: '2.0.0', compatible: true, qdrant: 'migrations/index.json', store: 'vectors' },
  { name: 'fill', since: '2.0.0', compatible: true, command: ['python', '-m', 'fill'], service: 'app' },
  { name: 'names', since: '3.0.0', compatible: false, cypher: 'migrations/names.cypher', store: 'graph' },
];

const migrationFiles: BlueprintFiles = {
  'migrations/slugs.cypher': 'MATCH (i:Item) SET i.slug = i.id;\n',
  'migrations/index.json': '[{"method":"PUT","path":"/collections/items/index","body":{"field_name":"slug"}}]\n',
  'migrations/names.cypher': 'MATCH (i:Item) SET i.name = i.id;\n',
};

const storeSpecs: Record<StoreName, object> = {
  graph: { kind: 'neo4j', service: 'neo4j', volume: 'neo4j_data', passwordFrom: 'NEO4J_PASSWORD' },
  vectors: { kind: 'qdrant', service: 'qdrant', volume: 'qdrant_data', apiKeyFrom: 'QDRANT_API_KEY' },
  queue: { kind: 'redis', service: 'redis', volume: 'redis_data', passwordFrom: 'REDIS_PASSWORD' },
  files: { kind: 'files', paths: ['data/docs', 'config'] },
};
const oldNodes = { store: 'graph', label: 'Proto', property: 'since', olderThan: '7d', where: { status: 'pending' } };
const services = { graph: 'neo4j', vectors: 'qdrant', queue: 'redis' } as const;

/** Blueprint and Compose file of a small stack with the named stores, as a program sees them: to be changed and written. */
export function blueprintParts(choices: BlueprintChoices = {}): {
  // biome-ignore lint/suspicious/noExplicitAny: tests break these in every way
  contract: any;
  // biome-ignore lint/suspicious/noExplicitAny: tests break these in every way
  compose: any;
  template: string;
  others: BlueprintFiles;
} {
  const { version = '1.0.0', stores = ['graph', 'vectors', 'queue', 'files'], port = 8000, note = 'first' } = choices;
  const { migrations = 'none' } = choices;
  const wanted = allMigrations.filter(({ compatible }) => compatible || migrations === 'incompatible');
  const held = (['graph', 'vectors', 'queue'] as const).filter((store) => stores.includes(store));
  const depends = Object.fromEntries(held.map((store) => [services[store], { condition: 'service_healthy' }]));
  const release = {
    image: '${APP_IMAGE}',
    environment: { JWT: '${JWT_SECRET_KEY}', TENANT: '${TENANT_ID}' },
    networks: { release: {}, stores: {} },
    depends_on: depends,
  };
  const contract = {
    name: 'stack',
    version,
    stores: Object.fromEntries(stores.map((store) => [store, structuredClone(storeSpecs[store])])),
    release: ['app', 'worker'],
    writers: ['worker'],
    edge: {
      image: 'HAPROXY_IMAGE',
      routes: [{ port: 'APP_PORT', service: 'app', target: port, ready: '/ready' }],
      storePorts: held.includes('graph') ? [{ port: 'BOLT_PORT', service: 'neo4j', target: 7687 }] : [],
      readOnly: { allow: ['POST /search'] },
    },
    variables: {
      APP_PORT: { kind: 'port', base: port },
      BOLT_PORT: { kind: 'port', base: port + 20 },
      NEO4J_PASSWORD: { kind: 'secret', generate: 'hex32' },
      QDRANT_API_KEY: { kind: 'secret', generate: 'hex32' },
      REDIS_PASSWORD: { kind: 'secret', generate: 'hex32' },
      JWT_SECRET_KEY: { kind: 'secret', generate: 'hex32' },
      MODEL_KEY: { kind: 'secret', optional: true },
    },
    init: [
      ...(stores.includes('graph') ? [{ cypher: 'init/schema.cypher', store: 'graph' }] : []),
      ...(stores.includes('vectors') ? [{ qdrant: 'init/collections.json', store: 'vectors' }] : []),
    ],
    smoke: [{ http: 'GET /health', service: 'app', expect: { json: { status: 'healthy' } } }],
    verify: stores.includes('graph') ? [{ cypher: 'RETURN 1', store: 'graph', atLeast: 0 }] : [],
    cleanup: {
      ...(stores.includes('graph') ? { protoKg: structuredClone(oldNodes) } : {}),
      ...(stores.includes('vectors') ? { qdrant: { store: 'vectors' } } : {}),
    },
    backup: { order: [...stores].reverse() },
    restore: { order: [...stores] },
    ...(migrations === 'none' ? {} : { migrations: wanted }),
  };
  const compose = {
    services: {
      ...Object.fromEntries(
        held.map((store) => [
          services[store],
          {
            image: `\${${services[store].toUpperCase()}_IMAGE}`,
            environment: { SECRET: `\${${secretOf[store]}}` },
            volumes: [`${services[store]}_data:/data`],
            networks: { stores: {} },
            deploy: { resources: { limits: { memory: '512m' } } },
          },
        ]),
      ),
      app: {
        ...structuredClone(release),
        volumes: ['./config:/app/config:ro', './data/docs:/app/docs'],
        deploy: { resources: { limits: { memory: '${APP_MEMORY}' } } },
      },
      worker: structuredClone(release),
    },
    networks: { stores: { internal: true }, release: {} },
    volumes: Object.fromEntries(held.map((store) => [`${services[store]}_data`, {}])),
  };
  const added = migrations === 'none' ? {} : { ...migrationFiles, 'config/lookup.yaml': 'limit: 10\n' };
  const others = { ...files, 'config/app.yaml': `note: ${note}\n`, ...added };
  return { contract, compose, template: template.replace(/(?<=stack-app:).*/, version), others };
}

const secretOf = { graph: 'NEO4J_PASSWORD', vectors: 'QDRANT_API_KEY', queue: 'REDIS_PASSWORD' } as const;

const template = `# Ports
APP_PORT=
BOLT_PORT=
# Secrets
NEO4J_PASSWORD=
QDRANT_API_KEY=
REDIS_PASSWORD=
JWT_SECRET_KEY=
MODEL_KEY=
# Images
NEO4J_IMAGE=neo4j:5
QDRANT_IMAGE=qdrant:1
REDIS_IMAGE=redis:7
HAPROXY_IMAGE=haproxy:2.8
APP_IMAGE=stack-app:1.0.0
# Application
TENANT_ID=default
APP_MEMORY=256m
`;

const files: BlueprintFiles = {
  'init/schema.cypher': 'CREATE CONSTRAINT item IF NOT EXISTS FOR (i:Item) REQUIRE i.id IS UNIQUE;\n',
  'init/collections.json': '{"collections":{"items":{"vectors":{"size":4,"distance":"Cosine"}}}}\n',
  'data/docs/.gitkeep': '',
};

/** The files of a blueprint directory. */
export function blueprintFiles(choices: BlueprintChoices = {}): BlueprintFiles {
  return written(blueprintParts(choices));
}

/** The blueprint as it is pushed, with further files. */
export function aPush(choices: BlueprintChoices = {}, more: BlueprintFiles = {}): BlueprintPush {
  const files = Object.entries({ ...blueprintFiles(choices), ...more });
  return { files: Object.fromEntries(files.map(([path, text]) => [path, Buffer.from(text).toString('base64')])) };
}

export function written(parts: ReturnType<typeof blueprintParts>): BlueprintFiles {
  return {
    'blueprint.yaml': stringify(parts.contract),
    'docker-compose.yml': stringify(parts.compose),
    '.env.template': parts.template,
    ...parts.others,
  };
}

export function aBlueprint(choices: BlueprintChoices = {}): Blueprint {
  return Blueprint.parse(blueprintParts(choices).contract);
}

/** The Compose model of `aBlueprint` as Compose prints it without resolving variables. */
export function aComposeModel(choices: BlueprintChoices = {}): ComposeModel {
  const model = parse(stringify(blueprintParts(choices).compose)) as ComposeModel;
  for (const service of Object.values(model.services)) {
    service.volumes = ((service.volumes ?? []) as unknown as string[]).map((volume) => {
      const [source = '', target = '', access] = volume.split(':');
      const type = source.startsWith('.') ? 'bind' : 'volume';
      return { type, source, target, ...(access === 'ro' ? { read_only: true } : {}) };
    });
  }
  return model;
}

export function aRecord(changes: object = {}): InstanceRecord {
  return InstanceRecord.parse({
    format: 'drydock-instance/1',
    ...anIdentity(),
    host: 'h1',
    tier: 'standard',
    blueprint: { ref: 'stack@1.0.0', digest },
    colour: 'blue',
    generation: 1,
    storePorts: 'closed',
    createdAt: '2026-11-20T00:00:00.000Z',
    retired: [],
    ...changes,
  });
}

/** Facts of an instance that serves. */
export function someFacts(changes: object = {}): InstanceFacts {
  return InstanceFacts.parse({
    ...anIdentity(),
    host: 'h1',
    tier: 'standard',
    status: 'serving',
    blueprint: 'stack@1.0.0',
    colour: 'blue',
    generation: 1,
    mode: 'open',
    addresses: {},
    ...changes,
  });
}

export function anArtifact(store: string, changes: object = {}): Artifact {
  return Artifact.parse({
    store,
    name: `${store}.dump`,
    key: `instances/pharma.${instanceId}/sets/${setId}/${store}/${store}.dump`,
    source: { sizeBytes: 1000, sha256: digest },
    stored: { sizeBytes: 500, sha256: digest },
    compression: 'none',
    encryption: 'none',
    ...changes,
  });
}

const contents = {
  graph: {
    kind: 'neo4j',
    nodes: 1,
    relationships: 0,
    labels: {},
    relationshipTypes: {},
    indexes: [],
    constraints: [],
  },
  vectors: { kind: 'qdrant', collections: {}, aliases: {} },
  queue: { kind: 'redis', keys: 3, expiring: 1 },
  files: { kind: 'files', files: 1, bytes: 5, digest },
} as const;

/** A whole set of all four stores. */
export function aManifest(changes: object = {}): Manifest {
  const stores = Object.entries(contents).map(([store, counted]) => ({
    store,
    kind: counted.kind,
    version: '1.2.3',
    unavailableMs: 0,
    contents: counted,
  }));
  return Manifest.parse({
    format: 'drydock-set/1',
    set: setId,
    ...anIdentity(),
    host: 'h1',
    reason: 'requested',
    createdAt: '2026-11-21T03:00:00.000Z',
    blueprint: { ref: 'stack@1.0.0', digest },
    images: {},
    barrier: { from: '2026-11-21T03:00:01.000Z', to: '2026-11-21T03:00:09.000Z' },
    encryption: { kind: 'none' },
    leftOut: ['.env'],
    stores,
    artifacts: Object.keys(contents).map((store) => anArtifact(store)),
    checks: [],
    tools: {},
    ...changes,
  });
}

/** A capture of some stores, made while writing went on; its artifacts lie below it. */
export function aCapture(set: string, stores: readonly string[], changes: object = {}): Manifest {
  const { barrier: _, ...whole } = aManifest();
  return Manifest.parse({
    ...whole,
    set,
    createdAt: set.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*/, '$1-$2-$3T$4:$5:$6.000Z'),
    withoutStores: whole.stores.map(({ store }) => store).filter((store) => !stores.includes(store)),
    stores: whole.stores.filter(({ store }) => stores.includes(store)),
    artifacts: stores.map((store) => {
      return anArtifact(store, { key: `instances/pharma.${instanceId}/sets/${set}/${store}/${store}.dump` });
    }),
    ...changes,
  });
}

/** What the plans of `pharma` have in common. */
const planned = {
  ...anIdentity(),
  host: 'h1',
  project: 'drydock-pharma_serving',
  blueprint: { ref: 'stack@1.0.0', digest },
  colour: 'blue',
  images: {},
  hash: digest,
};

const volumesOf = (generation: number) =>
  Object.fromEntries(
    Object.entries(services).map(([store, name]) => [store, `drydock-pharma.${name}_data.g${generation}`]),
  );

export function aProvisionPlan(changes: object = {}): ProvisionPlan {
  return ProvisionPlan.parse({
    ...planned,
    tier: 'standard',
    generation: 1,
    variables: { APP_PORT: '8000', TENANT_ID: 'pharma' },
    generate: ['NEO4J_PASSWORD', 'QDRANT_API_KEY', 'REDIS_PASSWORD', 'JWT_SECRET_KEY'],
    secretFiles: {},
    storePorts: 'closed',
    ports: { APP_PORT: 8000 },
    volumes: volumesOf(1),
    memoryBytes: 0,
    ...changes,
  });
}

export function aBackupPlan(changes: object = {}): BackupPlan {
  return BackupPlan.parse({
    ...planned,
    set: setId,
    reason: 'requested',
    createdAt: '2026-11-21T03:00:00.000Z',
    generation: 1,
    stores: ['files', 'queue', 'vectors', 'graph'],
    writes: 'stopped',
    writers: ['worker-blue'],
    recipients: [],
    leftOut: ['.env'],
    staging: `backup-${setId}`,
    stagingBytes: 0,
    ...changes,
  });
}

export function aRestorePlan(changes: object = {}): RestorePlan {
  return RestorePlan.parse({
    ...planned,
    set: setId,
    source: anIdentity(),
    fromGeneration: 1,
    toGeneration: 2,
    stores: ['graph', 'vectors', 'queue', 'files'],
    volumes: volumesOf(2),
    artifacts: [],
    expected: [],
    setCreatedAt: '2026-11-21T03:00:00.000Z',
    purpose: { kind: 'serve' },
    newer: [],
    staging: `restore-${setId}`,
    stagingBytes: 0,
    ...changes,
  });
}
