import { expect, test } from 'vitest';
import { backendName, backendOf } from '../../../src/edges/haproxy/config.ts';
import { edgeFilesOf } from '../../../src/edges/haproxy/kind.ts';
import { aBlueprint } from '../../support/builders.ts';

const blueprint = aBlueprint();
const configurationOf = (colour: 'blue' | 'green', storePorts: 'closed' | 'loopback') =>
  edgeFilesOf(blueprint, 'pharma', colour, storePorts).settings['haproxy.cfg'] ?? '';
const lines = (text: string) => text.split('\n').map((line) => line.trim());

test('each route listens on a port of its own inside the edge, for both colours', () => {
  const configuration = configurationOf('blue', 'closed');
  expect(lines(configuration).filter((line) => line.startsWith('bind '))).toEqual(['bind :10000']);
  const backends = lines(configuration).filter((line) => line.startsWith('backend '));
  expect(backends.map((line) => line.split(' ')[1])).toEqual([
    'app-blue-read',
    'app-blue-write',
    'app-green-read',
    'app-green-write',
  ]);
  expect(configuration).toContain('server main app-blue:8000 ');
  expect(configuration).toContain('server main app-green:8000 ');
});

test('stores are passed through only when the operator asked for it', () => {
  expect(configurationOf('blue', 'closed')).not.toContain('neo4j');
  const configuration = configurationOf('blue', 'loopback');
  expect(configuration).toContain('listen store-neo4j-11000 from tcp\n  bind :11000\n  server main neo4j:7687 ');
});

test('the colour and the open mode are not in the settings, so that they can change without a reload', () => {
  const { settings, initial } = edgeFilesOf(blueprint, 'pharma', 'green', 'closed');
  expect(initial).toEqual({ mode: 'open', colour: 'green' });
  expect(settings).toEqual(edgeFilesOf(blueprint, 'pharma', 'blue', 'closed').settings);
});

test('what the blueprint allows passes as a read', () => {
  expect(configurationOf('blue', 'closed')).toContain('str(read) if { method POST } { path -m str /search }');
});

test('what would need quoting in the configuration is refused, with every reason', () => {
  const odd = aBlueprint();
  odd.edge.readOnly.allow.push('POST /a"b', 'PATCH /x?y=1');
  odd.edge.routes.push({ ...(odd.edge.routes[0] as (typeof odd.edge.routes)[0]) });
  const refused = expect.objectContaining({
    code: 'invalid-input',
    problems: [expect.stringContaining('route app'), expect.stringContaining('a"b'), expect.stringContaining('x?y')],
  });
  expect(() => edgeFilesOf(odd, 'pharma', 'blue', 'closed')).toThrow(refused);
});

test.each([
  ['app-blue-read', { route: 'app', colour: 'blue', access: 'read' }],
  ['web-green-write-green-write', { route: 'web-green-write', colour: 'green', access: 'write' }],
] as const)('a backend %s is read as it was named', (name, backend) => {
  expect(backendName(backend)).toBe(name);
  expect(backendOf(name)).toEqual(backend);
});

test.each(['app', 'store-neo4j-11000', 'app-red-read', 'app-blue-tunnel'])('%s is no backend of a route', (name) => {
  expect(backendOf(name)).toBeUndefined();
});
