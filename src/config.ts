import { inspect } from 'node:util';
import { z } from 'zod';
import { HostName } from './contracts/ids.ts';
import { DrydockError } from './errors.ts';

/** A value that never appears in logs, JSON or errors; only `reveal` returns it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** The variables of the process. An empty value counts as unset, since Compose files and shells make empty values. */
export type Environment = Readonly<Record<string, string | undefined>>;

const address = z.string().regex(/^[^\s/:]+:\d{1,5}$/, 'must be a host and a port, such as 127.0.0.1:7233');
const secret = z.string().transform((value) => new Secret(value));
const recipients = z
  .string()
  .transform((list) => list.split(',').map((entry) => entry.trim()))
  .pipe(z.array(z.string().regex(/^age1[0-9a-z]+$/, 'must be public keys of age (age1…), separated by commas')).min(1));

const temporalVariables = {
  DRYDOCK_TEMPORAL_ADDRESS: address.default('127.0.0.1:7233'),
  DRYDOCK_NAMESPACE: z.string().default('drydock'),
  // Names and meaning follow Temporal's own environment configuration.
  TEMPORAL_API_KEY: secret.optional(),
  TEMPORAL_TLS: z.stringbool('must be true or false').optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
};

const controlVariables = {
  ...temporalVariables,
  DRYDOCK_S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  DRYDOCK_S3_REGION: z.string(),
  DRYDOCK_S3_BUCKET: z.string().min(3),
  DRYDOCK_S3_PREFIX: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)*$/, 'must be a path of letters, digits, ., _ and -, without a slash at either end')
    .default('drydock'),
  DRYDOCK_S3_ACCESS_KEY_ID: z.string(),
  DRYDOCK_S3_SECRET_ACCESS_KEY: secret,
  DRYDOCK_DEFAULT_HOST: HostName.optional(),
  DRYDOCK_METRICS_ADDRESS: address.optional(),
  DRYDOCK_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .pipe(secret)
    .optional(),
  DRYDOCK_NIGHTS: z.enum(['on', 'off'], 'must be on or off').default('on'),
};

const hostVariables = {
  ...controlVariables,
  DRYDOCK_HOST: HostName,
  DRYDOCK_ROOT: z.string().startsWith('/', 'must be an absolute path'),
  DRYDOCK_DOCKER_SOCKET: z.string().startsWith('/', 'must be an absolute path').default('/var/run/docker.sock'),
  DRYDOCK_AGE_RECIPIENTS: recipients.optional(),
  DRYDOCK_ENCRYPTION: z.literal('off', 'must be off or not set').optional(),
  DRYDOCK_AGE_IDENTITY_FILE: z.string().optional(),
  DRYDOCK_SECRETS_DIR: z.string().startsWith('/', 'must be an absolute path').optional(),
  DRYDOCK_HOST_ENV_FILE: z.string().optional(),
  DRYDOCK_MEMORY_RESERVE_BYTES: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(1024 ** 3),
};

/** Variables of the command and the scripts; no worker reads them. */
const commandVariables = ['DRYDOCK_HOME', 'DRYDOCK_CACHE'];

type Values<Variables extends z.core.$ZodShape> = z.output<z.ZodObject<Variables>>;

export type TemporalConfig = ReturnType<typeof temporalConfig>;
export type ClientConfig = TemporalConfig;
type ControlConfig = ReturnType<typeof controlConfig>;
export type ObjectStoreConfig = ControlConfig['objectStore'];
export type HostConfig = ReturnType<typeof hostConfig>;

function temporalConfig(env: Values<typeof temporalVariables>) {
  const tls = {
    serverName: env.TEMPORAL_TLS_SERVER_NAME,
    serverCaFile: env.TEMPORAL_TLS_SERVER_CA_CERT_PATH,
    clientCertFile: env.TEMPORAL_TLS_CLIENT_CERT_PATH,
    clientKeyFile: env.TEMPORAL_TLS_CLIENT_KEY_PATH,
  };
  const wanted = env.TEMPORAL_API_KEY !== undefined || Object.values(tls).some((value) => value !== undefined);
  return {
    address: env.DRYDOCK_TEMPORAL_ADDRESS,
    namespace: env.DRYDOCK_NAMESPACE,
    apiKey: env.TEMPORAL_API_KEY,
    tls: (env.TEMPORAL_TLS ?? wanted) ? tls : undefined,
  };
}

function controlConfig(env: Values<typeof controlVariables>) {
  return {
    temporal: temporalConfig(env),
    objectStore: {
      endpoint: env.DRYDOCK_S3_ENDPOINT,
      region: env.DRYDOCK_S3_REGION,
      bucket: env.DRYDOCK_S3_BUCKET,
      prefix: env.DRYDOCK_S3_PREFIX,
      accessKeyId: env.DRYDOCK_S3_ACCESS_KEY_ID,
      secretAccessKey: env.DRYDOCK_S3_SECRET_ACCESS_KEY,
    },
    defaultHost: env.DRYDOCK_DEFAULT_HOST,
    metricsAddress: env.DRYDOCK_METRICS_ADDRESS,
    webhookUrl: env.DRYDOCK_WEBHOOK_URL,
    nights: env.DRYDOCK_NIGHTS,
  };
}

function hostConfig(env: Values<typeof hostVariables>) {
  return {
    ...controlConfig(env),
    host: env.DRYDOCK_HOST,
    root: env.DRYDOCK_ROOT,
    dockerSocket: env.DRYDOCK_DOCKER_SOCKET,
    /** Empty only when encryption was explicitly turned off. */
    ageRecipients: env.DRYDOCK_AGE_RECIPIENTS ?? [],
    ageIdentityFile: env.DRYDOCK_AGE_IDENTITY_FILE,
    secretsDirectory: env.DRYDOCK_SECRETS_DIR,
    hostEnvFile: env.DRYDOCK_HOST_ENV_FILE,
    memoryReserveBytes: env.DRYDOCK_MEMORY_RESERVE_BYTES,
  };
}

export function readClientConfig(env: Environment): ClientConfig {
  return temporalConfig(read('the command', temporalVariables, env));
}

export function readControlConfig(env: Environment): ControlConfig {
  return controlConfig(read('the control worker', controlVariables, env));
}

export function readHostConfig(env: Environment): HostConfig {
  return hostConfig(read('the host worker', hostVariables, env, encryptionProblems));
}

/** Parses the set variables, and reports every problem in one error. */
function read<Variables extends z.core.$ZodShape>(
  reader: string,
  variables: Variables,
  env: Environment,
  further: (env: Environment) => string[] = () => [],
): Values<Variables> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = z.object(variables).safeParse(present);
  const problems = [...(parsed.error?.issues ?? []).map(describeIssue), ...further(present), ...unknownNames(present)];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new DrydockError('invalid-input', `read the configuration of ${reader}: ${problems.length} problem(s)`, {
    problems,
    next: 'set these environment variables and try again',
  });
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return `${issue.path[0]?.toString()}: ${missing ? 'is not set' : issue.message}`;
}

/** A forgotten variable must not make sets readable to everybody. */
function encryptionProblems(env: Environment): string[] {
  const recipientsSet = env['DRYDOCK_AGE_RECIPIENTS'] !== undefined;
  const off = env['DRYDOCK_ENCRYPTION'] !== undefined;
  if (recipientsSet && off) return ['DRYDOCK_ENCRYPTION: is off although DRYDOCK_AGE_RECIPIENTS is set; choose one'];
  if (recipientsSet || off) return [];
  return ['DRYDOCK_AGE_RECIPIENTS: is not set; name who can read the sets, or say DRYDOCK_ENCRYPTION=off'];
}

/** A misspelt variable would otherwise silently leave a default in place. */
function unknownNames(env: Environment): string[] {
  const known = new Set([...Object.keys(hostVariables), ...commandVariables]);
  const unknown = Object.keys(env).filter((name) => name.startsWith('DRYDOCK_') && !known.has(name));
  return unknown.map((name) => `${name}: is not a variable of Drydock`);
}
