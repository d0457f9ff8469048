import { once } from 'node:events';
import { connect } from 'node:net';
import neo4j, { Neo4jError, type QueryResult, type RecordShape } from 'neo4j-driver';
import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import type { RunningService } from '../store.ts';
import { lastLines, withoutSecret } from '../tools.ts';
import type { GraphSpec } from './kind.ts';

/** A running graph. */
export type GraphService = RunningService<GraphSpec>;

const boltPort = 7687;
const connectLimitMs = 5_000;

export interface Statement {
  text: string;
  parameters?: Record<string, unknown>;
}

/** A session on its own connection. Disposal or an abort ends the connection and its queries. */
export function openSession(at: GraphService, access: 'read' | 'write', signal?: AbortSignal) {
  signal?.throwIfAborted();
  const driver = neo4j.driver(`bolt://${at.address}:${boltPort}`, neo4j.auth.basic(at.spec.user, at.secret ?? ''), {
    disableLosslessIntegers: true,
    connectionTimeout: connectLimitMs,
    connectionAcquisitionTimeout: 10_000,
    telemetryDisabled: true,
  });
  const session = driver.session({
    database: at.spec.database,
    defaultAccessMode: access === 'read' ? neo4j.session.READ : neo4j.session.WRITE,
  });
  const close = () => void driver.close();
  signal?.addEventListener('abort', close, { once: true });
  return {
    session,
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', close);
      await driver.close();
    },
  };
}

/** Runs statements one after another, each in its own transaction; returns the result of each. */
export async function query(
  at: GraphService,
  access: 'read' | 'write',
  statements: readonly Statement[],
  signal?: AbortSignal,
): Promise<RecordShape[][]> {
  await using connection = openSession(at, access, signal);
  const rows: RecordShape[][] = [];
  try {
    for (const { text, parameters } of statements) {
      const result: QueryResult = await connection.session.run(text, parameters);
      rows.push(result.records.map((record) => record.toObject()));
    }
    return rows;
  } catch (cause) {
    signal?.throwIfAborted();
    throw cypherFailure(at, statements[rows.length]?.text ?? '', cause);
  }
}

/** The first value of the only row. */
export async function scalar(at: GraphService, statement: Statement): Promise<number> {
  const [rows] = await query(at, 'read', [statement]);
  const value = Object.values(rows?.[0] ?? {})[0];
  if (rows?.length === 1 && typeof value === 'number') return value;
  throw new DrydockError(
    'tool-failed',
    `run '${oneLine(statement.text)}' on ${name(at)}: it did not return one number`,
  );
}

/** Statements of a Cypher file: split at semicolons outside strings, quoted names and comments. */
export function cypherStatements(text: string): string[] {
  const tokens = text.match(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|;|[^;'"`/]+|\//g);
  const statements = [''];
  for (const token of tokens ?? []) {
    if (token.startsWith('//') || token.startsWith('/*')) continue;
    if (token === ';') statements.push('');
    else statements.push(`${statements.pop()}${token}`);
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}

/** Waits until the database answers over Bolt; refused credentials are an answer too. */
export async function waitForAnswer(runtime: ContainerRuntime, at: GraphService, limitMs: number): Promise<void> {
  let refusal: DrydockError | undefined;
  let tries = 0;
  const answers = async () => {
    refusal = await refusalOf(at);
    tries += 1;
    if (refusal !== undefined && tries % triesPerLook === 0) await refuseEnded(runtime, at);
    return refusal === undefined;
  };
  if (!(await eventually(answers, { withinMs: limitMs, everyMs: 50 }))) throw refusal;
}

/** The container's state is read about every second: each look takes processor time from the starting server. */
const triesPerLook = 20;

async function refuseEnded(runtime: ContainerRuntime, at: GraphService): Promise<void> {
  const view = await runtime.container(at.container);
  if (view?.state !== 'exited' && view?.state !== 'dead') return;
  const log = withoutSecret(lastLines(await runtime.logTail(at.container, 20)), at);
  throw new DrydockError('unhealthy', `start ${name(at)}: it ended with exit code ${view.exitCode}: ${log}`);
}

/** Why the database cannot answer yet. A driver for every try would take processor time from the starting server. */
async function refusalOf(at: GraphService): Promise<DrydockError | undefined> {
  if (!(await listens(at.address))) return new DrydockError('unavailable', `reach ${name(at)}: nothing listens`);
  try {
    await query(at, 'read', [{ text: 'RETURN 1' }]);
  } catch (error) {
    if (error instanceof DrydockError && error.code === 'unavailable') return error;
  }
  return undefined;
}

async function listens(host: string): Promise<boolean> {
  const socket = connect({ host, port: boltPort, timeout: connectLimitMs });
  try {
    await Promise.race([
      once(socket, 'connect'),
      once(socket, 'timeout').then(() => Promise.reject(new Error('slow'))),
    ]);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The DrydockError for an error of the server or the connection. */
export function cypherFailure(at: GraphService, text: string, cause: unknown): DrydockError {
  const code = cause instanceof Neo4jError ? cause.code : '';
  const message = withoutSecret(oneLine(cause instanceof Error ? cause.message : String(cause)), at);
  if (code.startsWith('Neo.ClientError.Security.')) {
    return new DrydockError('refused', `log in to ${name(at)} as ${at.spec.user}: ${message}`, {
      next: 'the password in the .env of the instance is not the one the database was made with',
    });
  }
  const unavailable = isUnavailable(code);
  const tried = unavailable ? 'reach' : `run '${oneLine(text)}' on`;
  return new DrydockError(unavailable ? 'unavailable' : 'tool-failed', `${tried} ${name(at)}: ${code} ${message}`);
}

function isUnavailable(code: string): boolean {
  return (
    code === neo4j.error.SERVICE_UNAVAILABLE ||
    code === neo4j.error.SESSION_EXPIRED ||
    code.startsWith('Neo.TransientError.') ||
    code === 'Neo.ClientError.Database.DatabaseNotFound'
  );
}

function name(at: GraphService): string {
  return `store ${at.store} of ${at.instance}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
