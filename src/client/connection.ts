import { Client, Connection } from '@temporalio/client';
import type { ClientConfig } from '../config.ts';
import { DrydockError } from '../errors.ts';
import { grpcCode, grpcErrorIn } from '../service-errors.ts';
import { connectionOptions } from '../tls.ts';

/** Connects, or reports the address that did not answer and how to start a server there. */
export async function connectToTemporal(config: ClientConfig): Promise<Client> {
  try {
    const connection = await Connection.connect({
      ...connectionOptions(config),
      connectTimeout: '5 seconds',
    });
    return new Client({ connection, namespace: config.namespace });
  } catch (error) {
    if (error instanceof DrydockError) throw error;
    throw new DrydockError('unavailable', `connect to Temporal at ${config.address}: no answer`, {
      cause: error,
      next: 'drydock up runs Temporal on this machine; for another server set DRYDOCK_TEMPORAL_ADDRESS',
    });
  }
}

/** Errors of calls to Temporal in the operator's words. Other errors pass through. */
export function explainCall(error: unknown, tried: string, config: ClientConfig): unknown {
  const answer = grpcErrorIn(error);
  if (answer === undefined) return error;
  const { code, details } = answer;
  const cause = error;
  if (code === grpcCode.notFound) {
    return new DrydockError('not-found', `${tried}: ${details} (namespace ${config.namespace})`, { cause });
  }
  if (code === grpcCode.invalidArgument) return new DrydockError('invalid-input', `${tried}: ${details}`, { cause });
  return new DrydockError('unavailable', `${tried}: Temporal at ${config.address} says ${details}`, {
    cause,
    next: 'drydock up starts programs again that died on this machine',
  });
}
