import { setTimeout as delay } from 'node:timers/promises';
import type { Edge, EdgeColour, EdgeFiles, EdgeMode, EdgeTraffic } from '../../../src/edges/edge.ts';
import { DrydockError } from '../../../src/errors.ts';

export interface FakeEdge extends Edge {
  /** Content of an edge directory; a test may change the numbers of requests in flight. */
  at(directory: string): FakeEdgeState;
}

export interface FakeEdgeState {
  files: EdgeFiles;
  mode: EdgeMode;
  colour: EdgeColour;
  writesInFlight: number;
  sessions: Record<EdgeColour, number>;
  /** Traffic of each colour; a test may change it. */
  traffic: Record<EdgeColour, EdgeTraffic>;
  reloads: number;
  /** Colours without a container: traffic cannot be pointed at them. */
  unreachable: Set<EdgeColour>;
}

/** Edges in memory, by their directory. */
export function createFakeEdge(): FakeEdge {
  const edges = new Map<string, FakeEdgeState>();
  const need = (at: string): FakeEdgeState => {
    const found = edges.get(at);
    if (found === undefined) throw new DrydockError('not-found', `reach the edge in ${at}: it was never prepared`);
    return found;
  };
  const drained = async (count: () => number, timeoutMs: number, signal?: AbortSignal) => {
    const deadline = performance.now() + timeoutMs;
    while (count() > 0 && performance.now() < deadline) {
      signal?.throwIfAborted();
      await delay(1);
    }
    return { left: count() };
  };
  return {
    at: need,
    longestAnswerMs: 600_000,
    async prepare(at, files) {
      const found = edges.get(at);
      if (found !== undefined) found.files = files;
      else edges.set(at, newEdge(files));
      return 'ready';
    },
    async reload(at) {
      need(at).reloads += 1;
    },
    mode: async (at) => need(at).mode,
    colour: async (at) => need(at).colour,
    traffic: async (at, colour) => ({ ...need(at).traffic[colour] }),
    async setMode(at, mode) {
      need(at).mode = mode;
    },
    async setColour(at, colour) {
      const edge = need(at);
      if (edge.colour !== colour && edge.unreachable.has(colour)) {
        throw new DrydockError('unhealthy', `point the edge in ${at} to ${colour}: no container answers`);
      }
      edge.colour = colour;
    },
    async drainWrites(at, timeoutMs, signal) {
      const edge = need(at);
      return drained(() => edge.writesInFlight, timeoutMs, signal);
    },
    async drainColour(at, colour, timeoutMs, signal) {
      const edge = need(at);
      return drained(() => edge.sessions[colour], timeoutMs, signal);
    },
  };
}

function newEdge(files: EdgeFiles): FakeEdgeState {
  return {
    files,
    ...files.initial,
    writesInFlight: 0,
    sessions: { blue: 0, green: 0 },
    traffic: { blue: { requests: 0, errors: 0, averageMs: 0 }, green: { requests: 0, errors: 0, averageMs: 0 } },
    reloads: 0,
    unreachable: new Set(),
  };
}
