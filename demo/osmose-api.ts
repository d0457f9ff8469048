import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { DrydockError } from '../src/errors.ts';
import type { DemoDocument } from './documents.ts';

const Stats = z.object({
  documents: z.int(),
  concepts: z.int(),
  relations: z.int(),
  proto_concepts: z.int(),
  vectors: z.int(),
  queued: z.int(),
});
export type Stats = z.infer<typeof Stats>;

const Search = z.object({ matches: z.array(z.object({ canonical_name: z.string(), score: z.number() })) });
const Receipt = z.object({ outcome: z.string() });
const settleMs = 120_000;

export type OsmoseApi = ReturnType<typeof osmoseAt>;

/** The reference application of one instance, as users reach it. */
export function osmoseAt(address: string) {
  const ask = async <Answer>(schema: z.ZodType<Answer>, path: string, body?: object): Promise<Answer> => {
    const request =
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${address}${path}`, { ...request, signal: AbortSignal.timeout(30_000) });
    if (response.ok) return schema.parse(await response.json());
    throw new DrydockError('unavailable', `ask ${address}${path}: status ${response.status}`);
  };
  return {
    ingest: (document: DemoDocument) => ask(Receipt, '/documents', document),
    stats: () => ask(Stats, '/stats'),
    /** Names of the concepts nearest to a query. */
    search: async (query: string) => {
      const { matches } = await ask(Search, '/search', { query, limit: 5 });
      return matches.map((match) => match.canonical_name);
    },
    settled: () => settled(() => ask(Stats, '/stats')),
  };
}

/** Waits until the worker is idle and the counts stand still. */
async function settled(read: () => Promise<Stats>): Promise<Stats> {
  const deadline = Date.now() + settleMs;
  let before = await read();
  for (;;) {
    await pause(1_000);
    const now = await read();
    if (now.queued === 0 && JSON.stringify(now) === JSON.stringify(before)) return now;
    if (Date.now() > deadline) {
      throw new DrydockError('unhealthy', `wait for the documents: ${now.queued} still queued after 2 min`);
    }
    before = now;
  }
}
