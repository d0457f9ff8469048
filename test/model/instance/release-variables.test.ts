import { describe, expect, test } from 'vitest';
import { Blueprint } from '../../../src/contracts/blueprint.ts';
import { chooseForUpgrade } from '../../../src/model/instance/release-variables.ts';
import { blueprintParts, written } from '../../support/builders.ts';
import { aCurrentRelease, type Change, quiet } from '../../support/upgrade-cases.ts';

interface Choice {
  given?: Record<string, string>;
  /** Values that the client chose when the instance was made, and changes of both blueprints. */
  chosen?: Record<string, string>;
  before?: Change;
  change?: Change;
  hostVariables?: Record<string, string>;
  secretFiles?: string[];
  portsInUse?: Map<number, string>;
}

function choose({ given = {}, chosen = {}, before, change, ...host }: Choice = {}) {
  const current = aCurrentRelease({ values: chosen, ...(before && { change: before }) });
  const parts = blueprintParts();
  before?.(parts);
  change?.(parts);
  const target = { blueprint: Blueprint.parse(parts.contract), files: written(parts) };
  return chooseForUpgrade(given, { current, target }, { ...quiet, ...host });
}

function template(from: string, to: string): Change {
  return (parts) => (parts.template = parts.template.replace(from, to));
}

test('without a difference everything stays, and no secret is made again', () => {
  expect(choose()).toMatchObject({
    added: [],
    removed: [],
    changed: [],
    generate: [],
    secretFiles: {},
    problems: [],
    values: { APP_PORT: '8000', BOLT_PORT: '8020', NEO4J_IMAGE: 'neo4j:5', TENANT_ID: 'default' },
  });
});

describe('a value', () => {
  const newTenant = template('TENANT_ID=default', 'TENANT_ID=first');
  const newImage = template('NEO4J_IMAGE=neo4j:5', 'NEO4J_IMAGE=neo4j:5.27');
  test.each<[string, Choice, Record<string, string>, string[]]>([
    ['that the client chose stays', { chosen: { TENANT_ID: 'acme' } }, { TENANT_ID: 'acme' }, []],
    [
      'that the client chose stays when the default changes',
      { chosen: { TENANT_ID: 'acme' }, change: newTenant },
      { TENANT_ID: 'acme' },
      [],
    ],
    ['that was the default follows it', { change: newTenant }, { TENANT_ID: 'first' }, ['TENANT_ID']],
    [
      'that was the default follows the host before the new one',
      { change: newTenant, hostVariables: { TENANT_ID: 'house' } },
      { TENANT_ID: 'house' },
      ['TENANT_ID'],
    ],
    [
      'stays though the host would give another one to a new instance',
      { hostVariables: { TENANT_ID: 'house', NEO4J_IMAGE: 'registry/neo4j:5' } },
      { TENANT_ID: 'default', NEO4J_IMAGE: 'neo4j:5' },
      [],
    ],
    [
      'that is given wins over all',
      { given: { TENANT_ID: 'new' }, chosen: { TENANT_ID: 'acme' }, hostVariables: { TENANT_ID: 'house' } },
      { TENANT_ID: 'new' },
      ['TENANT_ID'],
    ],
    ['that the client emptied stays empty', { chosen: { TENANT_ID: '' } }, { TENANT_ID: '' }, []],
    [
      'that names an image follows the release, whatever the client chose',
      { chosen: { NEO4J_IMAGE: 'mirror/neo4j:5' }, change: newImage },
      { NEO4J_IMAGE: 'neo4j:5.27' },
      ['NEO4J_IMAGE'],
    ],
    [
      'that names an image stays while the release has the same',
      { chosen: { NEO4J_IMAGE: 'mirror/neo4j:5' } },
      { NEO4J_IMAGE: 'mirror/neo4j:5' },
      [],
    ],
    [
      'that names an image follows the host before the release',
      { change: newImage, hostVariables: { NEO4J_IMAGE: 'registry/neo4j:5.27' } },
      { NEO4J_IMAGE: 'registry/neo4j:5.27' },
      ['NEO4J_IMAGE'],
    ],
    [
      'that is a port stays, though this instance holds it',
      { chosen: { APP_PORT: '8300' }, portsInUse: new Map([[8300, 'instance pharma']]) },
      { APP_PORT: '8300' },
      [],
    ],
    [
      'that is a port stays when it is given again',
      { given: { APP_PORT: '8000' }, portsInUse: new Map([[8000, 'instance pharma']]) },
      { APP_PORT: '8000' },
      [],
    ],
  ])('%s', (_, choice, values, changed) => {
    expect(choose(choice)).toMatchObject({ values, changed, added: [], removed: [], problems: [] });
  });
});

test('a new port is the first that is free, and not one of the instance’s own', () => {
  const change: Change = (parts) => {
    parts.template += 'DEBUG_PORT=\n';
    parts.contract.variables.DEBUG_PORT = { kind: 'port', base: 8000 };
  };
  const portsInUse = new Map([
    [8000, 'instance pharma'],
    [8100, 'instance acme'],
  ]);
  expect(choose({ change, portsInUse })).toMatchObject({ added: ['DEBUG_PORT'], values: { DEBUG_PORT: '8200' } });
});

describe('a variable', () => {
  const region: Change = (parts) => (parts.template += 'REGION=eu\n');
  test('that is new has its default, unless another value is given', () => {
    expect(choose({ change: region })).toMatchObject({ added: ['REGION'], changed: [], values: { REGION: 'eu' } });
    expect(choose({ change: region, given: { REGION: 'us' } }).values).toMatchObject({ REGION: 'us' });
  });

  test('that is gone has no value any more', () => {
    const { removed, values } = choose({ change: template('TENANT_ID=default\n', ''), chosen: { TENANT_ID: 'acme' } });
    expect({ removed, value: values['TENANT_ID'] }).toEqual({ removed: ['TENANT_ID'], value: undefined });
  });
});

describe('a secret', () => {
  const spec = (name: string, definition: object): Change => {
    return (parts) => {
      if (!parts.template.includes(`${name}=`)) parts.template += `${name}=\n`;
      parts.contract.variables[name] = { kind: 'secret', ...definition };
    };
  };
  const files = { secretFiles: ['token'] };
  test.each<[string, Choice, object]>([
    [
      'that is new is made',
      { change: spec('TOKEN', { generate: 'hex32' }) },
      { added: ['TOKEN'], generate: ['TOKEN'] },
    ],
    [
      'that is new is read from a file',
      { change: spec('TOKEN', {}), given: { TOKEN: 'secret:token' }, ...files },
      { added: ['TOKEN'], generate: [], secretFiles: { TOKEN: 'token' } },
    ],
    [
      'that had no value gets one',
      { given: { MODEL_KEY: 'secret:token' }, ...files },
      { changed: ['MODEL_KEY'], secretFiles: { MODEL_KEY: 'token' } },
    ],
    [
      'that had no value is made when the release wants it so',
      { change: spec('MODEL_KEY', { generate: 'hex32' }) },
      { changed: ['MODEL_KEY'], generate: ['MODEL_KEY'] },
    ],
    [
      'that the client brought stays',
      { chosen: { JWT_SECRET_KEY: 'own' }, change: spec('JWT_SECRET_KEY', {}) },
      { changed: [], generate: [] },
    ],
    [
      'that was plain text stays, and is shown no more',
      { change: (parts) => (parts.contract.variables.TENANT_ID = { kind: 'secret', generate: 'hex32' }) },
      { changed: [], generate: [] },
    ],
  ])('%s', (_, choice, expected) => {
    const made = choose(choice);
    expect(made).toMatchObject({ problems: [], ...expected });
    expect(Object.values(made.values)).not.toContain('own');
  });

  test.each<[string, Choice, string]>([
    ['is missing', { change: spec('TOKEN', {}) }, 'TOKEN is missing: pass TOKEN=secret:FILE'],
    [
      'is given as a value',
      { change: spec('TOKEN', {}), given: { TOKEN: 'abc' } },
      'TOKEN is a secret and cannot be given as a value',
    ],
    [
      'has no such file',
      { change: spec('TOKEN', {}), given: { TOKEN: 'secret:gone' }, ...files },
      'TOKEN: the host has no secret file gone; it has token',
    ],
    [
      'is in the data of a store',
      { given: { REDIS_PASSWORD: 'secret:token' }, ...files },
      'REDIS_PASSWORD is the secret of store queue, which an upgrade cannot change: leave it out',
    ],
  ])('is refused when it %s', (_, choice, problem) => {
    expect(choose(choice).problems).toEqual([expect.stringContaining(problem)]);
  });

  test('that becomes plain text begins with the default', () => {
    const change: Change = (parts) => {
      delete parts.contract.variables.JWT_SECRET_KEY;
      parts.template = parts.template.replace('JWT_SECRET_KEY=', 'JWT_SECRET_KEY=none');
    };
    expect(choose({ change })).toMatchObject({ changed: ['JWT_SECRET_KEY'], values: { JWT_SECRET_KEY: 'none' } });
  });
});
