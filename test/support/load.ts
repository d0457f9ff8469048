import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { InstanceClient } from './instance-client.ts';
import { createRequestLog, type RequestKind, type RequestLog, type RequestOutcome } from './request-log.ts';

export interface LoadOptions {
  /** Address of the application's route at the edge, such as http://127.0.0.1:8000. */
  address: string;
  /** Clients, each with one connection that it keeps. */
  connections: number;
  /** Rate of all clients together. Requests that were late because all clients waited for answers are left out. */
  requestsPerSecond: number;
  /** One in so many requests writes; 0 for reads only. Reads are lists and searches by turns. */
  writeEvery: number;
  /** How long an answer may take. */
  timeoutMs?: number;
}

/** A document that the application has acknowledged, and the concept that only it mentions. */
export interface AcknowledgedWrite {
  id: string;
  concept: string;
}

export interface Load {
  readonly log: RequestLog;
  /** Every write that was acknowledged, in the order of the answers. */
  readonly acknowledged: readonly AcknowledgedWrite[];
  /** Connections opened since the beginning: as many as clients while nobody closes one. */
  connectionsOpened(): number;
  /** Returns when so many requests have ended. */
  reached(requests: number): Promise<void>;
  /** Sends nothing more and waits for the answers that are still to come. */
  stop(): Promise<void>;
}

const Receipt = z.object({ id: z.string() });
const Refusal = z.object({ error: z.string() });
const refusals: Record<string, RequestOutcome> = { 'read-only': 'refused', maintenance: 'closed' };

interface Sent {
  kind: RequestKind;
  method: 'GET' | 'POST';
  path: string;
  body?: object;
  concept?: string;
}

/** The answer, or the reason why none came. */
interface Ended {
  outcome: RequestOutcome;
  status: number;
  problem?: string;
  id?: string;
}

/** Asks an instance as its clients do, without a second try for anything, until it is stopped. */
export function startLoad(options: LoadOptions): Load {
  const log = createRequestLog();
  const acknowledged: AcknowledgedWrite[] = [];
  // Begins with a letter, as a term of the application must.
  const run = `load${randomBytes(4).toString('hex')}`;
  const intervalMs = 1000 / options.requestsPerSecond;
  let nextAt = performance.now();
  let number = 0;
  let opened = 0;
  let stopped = false;

  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, scheduling: 'fifo' });
    while (!stopped) {
      const mine = Math.max(nextAt, performance.now() - intervalMs);
      nextAt = mine + intervalMs;
      const waitMs = mine - performance.now();
      if (waitMs > 1) await pause(waitMs);
      if (stopped) break;
      const sent = nextRequest(run, number++, options.writeEvery);
      const at = Date.now();
      const began = performance.now();
      const { problem, id, ...ended } = await send(options, agent, sent, () => {
        opened += 1;
      });
      log.add({ at, kind: sent.kind, ms: performance.now() - began, ...ended }, problem);
      if (id !== undefined && sent.concept !== undefined) acknowledged.push({ id, concept: sent.concept });
    }
    agent.destroy();
  };
  const clients = Promise.all(Array.from({ length: options.connections }, client));
  return {
    log,
    acknowledged,
    connectionsOpened: () => opened,
    reached: async (requests) => {
      while (log.length < requests) await pause(50);
    },
    stop: async () => {
      stopped = true;
      await clients;
    },
  };
}

/** Each write makes one concept of its own and mentions one of twenty shared concepts. */
function nextRequest(run: string, number: number, writeEvery: number): Sent {
  if (writeEvery > 0 && number % writeEvery === 0) {
    const concept = `${run}x${number}`;
    const text = `${concept}, ${concept} and subject${'abcdefghijklmnopqrst'[number % 20]}.`;
    return { kind: 'write', method: 'POST', path: '/documents', body: { title: concept, text }, concept };
  }
  return number % 2 === 0
    ? { kind: 'list', method: 'GET', path: '/concepts?limit=20' }
    : { kind: 'search', method: 'POST', path: '/search', body: { query: 'insulin and glucose', limit: 5 } };
}

function send({ address, timeoutMs }: LoadOptions, agent: Agent, sent: Sent, opened: () => void): Promise<Ended> {
  return new Promise((resolve) => {
    const body = sent.body === undefined ? undefined : JSON.stringify(sent.body);
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(`${address}${sent.path}`, { method: sent.method, agent, headers });
    const deadline = setTimeout(() => outgoing.destroy(new Error('no answer in time')), timeoutMs ?? 60_000);
    const end = (ended: Ended) => {
      clearTimeout(deadline);
      resolve(ended);
    };
    const fail = (error: Error & { code?: string }) => {
      const kept = outgoing.reusedSocket ? ' on a kept connection' : '';
      end({ outcome: 'failed', status: 0, problem: `${sent.kind}: ${error.code ?? error.message}${kept}` });
    };
    outgoing.once('socket', () => {
      if (!outgoing.reusedSocket) opened();
    });
    outgoing.once('error', fail);
    outgoing.once('response', (answer) => {
      text(answer).then((content) => end(ending(sent, answer, content)), fail);
    });
    outgoing.end(body);
  });
}

function ending(sent: Sent, answer: IncomingMessage, content: string): Ended {
  const status = answer.statusCode ?? 0;
  const failed = (what: string): Ended => ({ outcome: 'failed', status, problem: `${sent.kind}: ${what}` });
  if (!answer.complete) return failed(`the answer with status ${status} was cut off`);
  if (status === 503) {
    const { data } = Refusal.safeParse(parsed(content));
    const outcome = refusals[data?.error ?? ''];
    if (outcome !== undefined && answer.headers['retry-after'] !== undefined) return { outcome, status };
  }
  if (status < 200 || status > 299) return failed(`status ${status} ${content.slice(0, 100)}`);
  if (sent.kind !== 'write') return { outcome: 'answered', status };
  const receipt = Receipt.safeParse(parsed(content));
  return receipt.success ? { outcome: 'answered', status, id: receipt.data.id } : failed('a receipt without an id');
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

const LostWrites = z.object({
  checked: z.int(),
  /** Ids of acknowledged documents that are not there, by what is missing. */
  documents: z.array(z.string()),
  concepts: z.array(z.string()),
  points: z.array(z.string()),
  jobs: z.array(z.string()),
  files: z.array(z.string()),
  /** Documents that are there, but that the worker has not finished. */
  unfinished: z.int(),
});
export type LostWrites = z.infer<typeof LostWrites>;

/** Looks for every acknowledged write in every store: document and concept, point, job, file. */
export async function lostWrites(
  instance: Pick<InstanceClient, 'python'>,
  writes: readonly AcknowledgedWrite[],
): Promise<LostWrites> {
  const pairs = JSON.stringify(writes.map(({ id, concept }) => [id, concept]));
  return LostWrites.parse(JSON.parse(await instance.python(`writes = ${pairs}\n${search}`)));
}

/** Number of writes that are missing in any store. */
export function countLost({ documents, concepts, points, jobs, files }: LostWrites): number {
  return new Set([...documents, ...concepts, ...points, ...jobs, ...files]).size;
}

const search = `
import json
from osmose.identity import concept_id
lost = {"documents": [], "concepts": [], "points": [], "jobs": [], "files": []}
unfinished = 0
def rows(query, ids):
    return {row["id"]: row["found"] for row in graph.execute_query(query, ids=ids).records}
for start in range(0, len(writes), 500):
    batch = [(document, concept_id(concept)) for document, concept in writes[start:start + 500]]
    documents, concepts = [pair[0] for pair in batch], [pair[1] for pair in batch]
    statuses = rows("UNWIND $ids AS id MATCH (d:Document {id: id}) RETURN id, d.status AS found", documents)
    nodes = rows("UNWIND $ids AS id MATCH (c:CanonicalConcept {id: id}) RETURN id, 1 AS found", concepts)
    points = {point.id for point in vectors.retrieve(settings.qdrant_collection, concepts, with_payload=False)}
    with redis.pipeline(transaction=False) as pipeline:
        for document in documents:
            pipeline.exists(f"rq:job:{document}")
        jobs = pipeline.execute()
    unfinished += sum(status != "processed" for status in statuses.values())
    for (document, concept), job in zip(batch, jobs):
        places = [settings.data_directory / place / f"{document}.txt" for place in ("docs_in", "docs_done")]
        found = {"documents": document in statuses, "concepts": concept in nodes, "points": concept in points,
                 "jobs": bool(job), "files": any(place.exists() for place in places)}
        for what, there in found.items():
            if not there:
                lost[what].append(document)
print(json.dumps({"checked": len(writes), "unfinished": unfinished, **lost}))
`;
