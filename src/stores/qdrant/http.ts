import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { RunningDigest } from '../../drivers/seal/digest.ts';
import type { Digest } from '../../drivers/seal/seal.ts';
import { DrydockError } from '../../errors.ts';
import type { Report, RunningService } from '../store.ts';
import { withoutSecret } from '../tools.ts';
import type { VectorSpec } from './kind.ts';

/** A running vector store. */
export type VectorService = RunningService<VectorSpec>;

/** One request to the server's own interface, as listed in a script of `migrations`. */
export const QdrantRequest = z.strictObject({
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().startsWith('/'),
  body: z.unknown().optional(),
});
export type QdrantRequest = z.infer<typeof QdrantRequest>;

const Answer = z.looseObject({ result: z.unknown().optional() });
const Root = z.object({ version: z.string() });

/** The longest waits for answers; work is, for instance, the snapshot of a large collection. */
const limitMs = { question: 60_000, work: 6 * 3600_000 } as const;

/**
 * Qdrant's REST interface. Uses Node's http module, since fetch gives up on an answer after five minutes, and the
 * official client cannot stream.
 */
export function createQdrantHttp(at: VectorService) {
  return {
    /** The server's description of itself: the only answer without an envelope. */
    async version(): Promise<string> {
      const answer = await ask(at, { method: 'GET', path: '/' }, undefined, limitMs.question);
      return understood(at, '/', Root, answer).version;
    },

    /** The `result` of the answer, or undefined for 404. */
    async find<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
      const answer = await ask(at, { method: 'GET', path }, undefined, limitMs.question);
      return answer === undefined ? undefined : understood(at, path, schema, answer.result);
    },

    async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
      const answer = await ask(at, { method: 'GET', path }, undefined, limitMs.question);
      return understood(at, path, schema, found(at, `GET ${path}`, answer).result);
    },

    async send<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
      const answer = await ask(at, { method, path }, JSON.stringify(body), limitMs.question);
      return understood(at, path, schema, found(at, `${method} ${path}`, answer).result);
    },

    async makeSnapshot<T>(path: string, schema: z.ZodType<T>): Promise<T> {
      const answer = await ask(at, { method: 'POST', path }, '', limitMs.work);
      return understood(at, path, schema, found(at, `POST ${path}`, answer).result);
    },

    /** An absent object is success. */
    async remove(path: string): Promise<void> {
      await ask(at, { method: 'DELETE', path }, undefined, limitMs.question);
    },

    /** Sends any request to the server and waits as long as it takes. */
    async request({ method, path, body }: QdrantRequest, signal: AbortSignal): Promise<void> {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const answer = await ask(at, { method, path, signal }, text, limitMs.work);
      if (method !== 'DELETE') found(at, `${method} ${path}`, answer);
    },

    async download(path: string, file: string, report: Report, signal: AbortSignal): Promise<Digest> {
      const response = await open(at, { method: 'GET', path, signal }, (outgoing) => outgoing.end());
      if (response.statusCode !== 200) throw await failure(at, `GET ${path}`, response);
      const total = Number(response.headers['content-length'] ?? 0);
      const digest = new RunningDigest();
      async function* passing() {
        for await (const chunk of response) {
          digest.add(chunk);
          report({ done: digest.sizeBytes, total });
          yield chunk;
        }
      }
      await pipeline(passing, createWriteStream(file), { signal }).catch((cause: unknown) => {
        throw streamFailure(at, `GET ${path}`, cause);
      });
      return digest.finish();
    },

    /** Sends a file as the multipart field `snapshot` and waits until the server has accepted it. */
    async upload(
      path: string,
      file: { path: string; sentAs: string },
      report: Report,
      signal: AbortSignal,
    ): Promise<void> {
      const { size } = await stat(file.path);
      const boundary = 'drydock-7d1f0c52a9';
      const disposition = `Content-Disposition: form-data; name="snapshot"; filename="${file.sentAs}"`;
      const head = `--${boundary}\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`;
      const tail = `\r\n--${boundary}--\r\n`;
      const headers = {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(head.length + size + tail.length),
      };
      let sent: Promise<void> = Promise.resolve();
      const options = {
        method: 'POST',
        path,
        headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs.work)]),
      };
      const response = await open(at, options, (outgoing) => {
        sent = pipeline(
          multipart(head, file.path, tail, (done) => report({ done, total: size })),
          outgoing,
        );
        // The server may answer and close before reading everything: its answer then says why.
        sent.catch(() => undefined);
      });
      if (response.statusCode !== 200) throw await failure(at, `POST ${path}`, response);
      response.resume();
    },
  };
}
export type QdrantHttp = ReturnType<typeof createQdrantHttp>;

async function* multipart(head: string, file: string, tail: string, passed: (done: number) => void) {
  yield head;
  let done = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    yield chunk;
    done += chunk.length;
    passed(done);
  }
  yield tail;
}

async function ask(at: VectorService, options: RequestOptions, body: string | undefined, limit: number) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const timeout = AbortSignal.timeout(limit);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  const response = await open(at, { ...options, headers, signal }, (outgoing) => outgoing.end(body));
  const what = `${options.method} ${options.path}`;
  if (response.statusCode === 404) {
    response.resume();
    return undefined;
  }
  if (response.statusCode !== 200) throw await failure(at, what, response);
  const answer = await text(response).catch((cause: unknown) => {
    throw streamFailure(at, what, cause);
  });
  return Answer.parse(JSON.parse(answer));
}

function open(
  at: VectorService,
  options: RequestOptions,
  send: (outgoing: ReturnType<typeof request>) => void,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { ...options.headers, ...(at.secret ? { 'api-key': at.secret } : {}) };
  const outgoing = request({ ...options, headers, host: at.address, port: 6333, agent: false });
  outgoing.on('response', resolve);
  outgoing.on('error', (cause) => reject(streamFailure(at, `${options.method} ${options.path}`, cause)));
  send(outgoing);
  return promise;
}

function found<T>(at: VectorService, what: string, answer: T | undefined): T {
  if (answer !== undefined) return answer;
  throw new DrydockError('tool-failed', `${what} of ${nameOf(at)}: not found`);
}

function understood<T>(at: VectorService, path: string, schema: z.ZodType<T>, result: unknown): T {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new DrydockError('tool-failed', `read ${path} of ${nameOf(at)}: the answer is not as expected`, { problems });
}

async function failure(at: VectorService, what: string, response: IncomingMessage): Promise<DrydockError> {
  const said = withoutSecret((await text(response).catch(() => '')).slice(0, 500), at);
  if (response.statusCode === 401 || response.statusCode === 403) {
    return new DrydockError('refused', `${what} of ${nameOf(at)}: the API key is not accepted`, {
      next: 'the API key in the .env of the instance is not the one the server was started with',
    });
  }
  const code = response.statusCode === 503 || response.statusCode === 429 ? 'unavailable' : 'tool-failed';
  return new DrydockError(code, `${what} of ${nameOf(at)}: status ${response.statusCode}: ${said}`);
}

function streamFailure(at: VectorService, what: string, cause: unknown): DrydockError {
  const error = cause as NodeJS.ErrnoException;
  const code = error.code === 'ENOSPC' ? 'no-space' : 'unavailable';
  return new DrydockError(code, `${what} of ${nameOf(at)}: ${withoutSecret(error.message, at)}`, { cause });
}

function nameOf(at: VectorService): string {
  return `store ${at.store} of ${at.instance}`;
}
