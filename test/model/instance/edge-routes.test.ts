import { expect, test } from 'vitest';
import { edgeFilesOf } from '../../../src/edges/haproxy/routes.ts';
import { aBlueprint } from '../../support/builders.ts';

const blueprint = aBlueprint();
const lines = (text: string) => text.split('\n').map((line) => line.trim());

test('each route listens on a port of its own inside the edge, for both colours', () => {
  const { configuration } = edgeFilesOf(blueprint, 'pharma', 'blue', 'closed');
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
  expect(edgeFilesOf(blueprint, 'pharma', 'blue', 'closed').configuration).not.toContain('neo4j');
  const { configuration } = edgeFilesOf(blueprint, 'pharma', 'blue', 'loopback');
  expect(configuration).toContain('listen store-neo4j-11000 from tcp\n  bind :11000\n  server main neo4j:7687 ');
});

test('the colour and the open mode are in maps, where they can change without a reload', () => {
  const green = edgeFilesOf(blueprint, 'pharma', 'green', 'closed');
  expect(green.colourMap).toBe('release green\n');
  expect(green.modeMap).toBe('instance open\n');
  const blue = edgeFilesOf(blueprint, 'pharma', 'blue', 'closed');
  expect(green.configuration).toBe(blue.configuration);
});

test('what the blueprint allows passes as a read', () => {
  expect(edgeFilesOf(blueprint, 'pharma', 'blue', 'closed').configuration).toContain(
    'str(read) if { method POST } { path -m str /search }',
  );
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
