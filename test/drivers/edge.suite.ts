import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/edges/edge.ts';
import { type EdgePlan, renderEdge } from '../../src/edges/haproxy/config.ts';

export const edgePlan: EdgePlan = {
  instance: 'pharma',
  mountPoint: '/drydock-edge',
  routes: [{ name: 'app', listenPort: 10_000, service: 'app', target: 8000 }],
  storePorts: [],
  readOnly: { allow: ['POST /search'], retryAfterSeconds: 30 },
  colour: 'blue',
};

export function describeEdge(title: string, make: () => { edge: Edge; directory(): Promise<string> }): void {
  describe(`edge: ${title}`, () => {
    const { edge, directory } = make();
    const files = renderEdge(edgePlan);

    test('an edge that was never prepared is not found', async () => {
      const at = `${await directory()}/nowhere`;
      await expect(edge.mode(at)).rejects.toMatchObject({ code: 'not-found' });
      await expect(edge.setMode(at, 'open')).rejects.toMatchObject({ code: 'not-found' });
    });

    test('a prepared edge is open, and preparing it again keeps its mode', async () => {
      const at = await directory();
      expect(await edge.prepare(at, files)).toBe('ready');
      expect(await edge.mode(at)).toBe('open');
      await edge.setMode(at, 'read-only');
      await edge.setMode(at, 'read-only');
      expect(await edge.prepare(at, files)).toBe('ready');
      expect(await edge.mode(at)).toBe('read-only');
      await edge.setMode(at, 'maintenance');
      expect(await edge.mode(at)).toBe('maintenance');
    });

    test('a colour can be set twice, and an edge without requests is drained at once', async () => {
      const at = await directory();
      await edge.prepare(at, files);
      await edge.setColour(at, 'blue');
      await edge.setColour(at, 'blue');
      expect(await edge.colour(at)).toBe('blue');
      await edge.setColour(at, 'green');
      expect(await edge.colour(at)).toBe('green');
      expect(await edge.drainWrites(at, 1000)).toEqual({ left: 0 });
      expect(await edge.drainColour(at, 'blue', 1000)).toEqual({ left: 0 });
    });

    test('an edge that nobody asked has seen nothing, and can be reloaded', async () => {
      const at = await directory();
      await edge.prepare(at, files);
      await edge.reload(at);
      expect(await edge.traffic(at, 'blue')).toEqual({ requests: 0, errors: 0, averageMs: 0 });
    });
  });
}
