import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from '../../src/client/words/markdown.ts';
import { page } from './markdown.ts';

const variableMeanings: Record<string, string> = {
  DRYDOCK_TEMPORAL_ADDRESS:
    'host and port of Temporal. Without it the command takes the embedded control plane of its home, if there is one',
  DRYDOCK_NAMESPACE: 'namespace of Temporal',
  TEMPORAL_API_KEY: 'API key for Temporal; also turns TLS on',
  TEMPORAL_TLS: '`true` or `false`; on by itself when any of the other TLS variables is set',
  TEMPORAL_TLS_SERVER_NAME: 'name the certificate of the server must have',
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'file with the certificate authority of the server',
  TEMPORAL_TLS_CLIENT_CERT_PATH: 'file with the client certificate; needs the key too',
  TEMPORAL_TLS_CLIENT_KEY_PATH: 'file with the key of the client certificate',
  DRYDOCK_S3_ENDPOINT: 'address of an S3-compatible object store; without it that of AWS in the region',
  DRYDOCK_S3_REGION: 'region of the bucket',
  DRYDOCK_S3_BUCKET: 'bucket for sets, blueprints and journal',
  DRYDOCK_S3_PREFIX: 'path in the bucket below which everything lies',
  DRYDOCK_S3_ACCESS_KEY_ID: 'access key',
  DRYDOCK_S3_SECRET_ACCESS_KEY: 'secret key',
  DRYDOCK_DEFAULT_HOST: 'host of an instance whose request names none',
  DRYDOCK_NIGHTS: 'off: instances get no schedules, and nothing is done by itself',
  DRYDOCK_WEBHOOK_URL:
    'address that is told how upgrades go and which night jobs were not done, by POST of JSON; it may hold a token. Without it nobody is told',
  DRYDOCK_METRICS_ADDRESS:
    'host and port on which the worker shows [metrics](metrics.md) at `/metrics`; each process needs its own. Without it there are none',
  DRYDOCK_HOST: 'name of this host; its task queue is `drydock-host-<name>`',
  DRYDOCK_ROOT: 'directory in which the instances of this host live',
  DRYDOCK_DOCKER_SOCKET: 'socket of the Docker Engine',
  DRYDOCK_AGE_RECIPIENTS:
    'public keys of age (`age1…`), separated by commas: who can read the sets. Needed unless encryption is off',
  DRYDOCK_ENCRYPTION: '`off` makes sets that anybody can read and leaves `.env` out of them',
  DRYDOCK_AGE_IDENTITY_FILE:
    'private key of age. Only a host that restores needs it; one that only makes backups does not',
  DRYDOCK_SECRETS_DIR: 'directory of files that a request may name as `secret:FILE`',
  DRYDOCK_HOST_ENV_FILE: 'file with defaults of this host for plain variables of blueprints, such as image names',
  DRYDOCK_MEMORY_RESERVE_BYTES: 'memory that is never promised to an instance; by default 1 GiB',
};

interface Variable {
  name: string;
  required: boolean;
  fallback: string | undefined;
}

const readers = [
  { title: 'Command and both workers', block: 'temporalVariables' },
  { title: 'Control worker and host worker', block: 'controlVariables' },
  { title: 'Host worker', block: 'hostVariables' },
] as const;

export function configurationPage(): string {
  const source = readFileSync(fileURLToPath(new URL('../../src/config.ts', import.meta.url)), 'utf8');
  const sections = readers.map(({ title, block }) => {
    const rows = variablesOf(source, block).map(({ name, required, fallback }) => [
      `\`${name}\``,
      required ? 'needed' : fallback === undefined ? '–' : `\`${fallback}\``,
      meaningOf(name),
    ]);
    return `## ${title}\n\n${table(['Variable', 'Default', 'Meaning'], rows)}`;
  });
  return page(
    'Configuration',
    'Workers and command read environment variables, once, when they start. Everything that is wrong is said together, and ' +
      'then nothing starts. A variable that begins with `DRYDOCK_` and is not listed here is refused, since it is most ' +
      'likely misspelt. An empty value counts as not set. `drydock up` sets all of this for its own workers.',
    ...sections,
    `## Command and scripts\n\n${table(
      ['Variable', 'Default', 'Meaning'],
      [
        [
          '`DRYDOCK_HOME`',
          '`$XDG_STATE_HOME/drydock` or `~/.local/state/drydock`',
          'home of the embedded control plane: data, keys, instances',
        ],
        [
          '`DRYDOCK_CACHE`',
          '`$XDG_CACHE_HOME/drydock` or `~/.cache/drydock`',
          'programs and image names that `scripts/setup` made',
        ],
      ],
    )}`,
  );
}

function meaningOf(name: string): string {
  const meaning = variableMeanings[name];
  if (meaning === undefined)
    throw new Error(`src/config.ts reads ${name}: say in scripts/reference/configuration-page.ts what it means`);
  return meaning;
}

/** The variables of one block of src/config.ts, read from its text: the blocks hold schemas that are not exported. */
function variablesOf(source: string, block: string): Variable[] {
  const body = new RegExp(`^const ${block} = \\{\\n(.*?)^\\};`, 'ms').exec(source)?.[1];
  if (body === undefined) throw new Error(`src/config.ts has no ${block}`);
  return body
    .split(/^ {2}(?=[A-Z])/m)
    .filter((entry) => /^[A-Z]/.test(entry))
    .map((entry) => ({
      name: entry.slice(0, entry.indexOf(':')),
      required: !/\.(optional|default)\(/.test(entry),
      fallback: /\.default\('?(.*?)'?\),?$/m.exec(entry)?.[1],
    }));
}
