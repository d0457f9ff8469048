import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { searchAttributes } from '../../contracts/queues.ts';
import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import { grpcCode, grpcErrorIn } from '../../service-errors.ts';

const retentionDays = 7;
const keyword = 2;

/** Makes the namespace and its search attributes; existing ones stay unchanged. Waits until both can be used. */
export async function ensureNamespace(connection: Connection, namespace: string): Promise<void> {
  await createNamespace(connection, namespace);
  await until(`namespace ${namespace}`, async () => {
    const missing = await missingAttributes(connection, namespace);
    if (missing.length > 0) await addAttributes(connection, namespace, missing);
    return missing.length === 0 && canBeNamed(connection, namespace);
  });
}

async function createNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      description: 'Drydock: operations of dedicated client instances',
      workflowExecutionRetentionPeriod: msToTs(retentionDays * 24 * 3_600_000),
    });
  } catch (error) {
    if (grpcErrorIn(error)?.code !== grpcCode.alreadyExists) throw error;
  }
}

async function missingAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return searchAttributes.filter((name) => customAttributes[name] === undefined);
}

async function addAttributes(connection: Connection, namespace: string, names: string[]): Promise<void> {
  const wanted = Object.fromEntries(names.map((name) => [name, keyword]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
}

/** Listing is not enough: until its next cache refresh the server refuses requests that name an attribute. */
async function canBeNamed(connection: Connection, namespace: string): Promise<boolean> {
  const query = searchAttributes.map((name) => `${name} = 'nobody'`).join(' AND ');
  await connection.workflowService.countWorkflowExecutions({ namespace, query });
  return true;
}

/** The server learns of a new namespace with its next cache refresh: until then it denies the namespace. */
async function until(what: string, ready: () => Promise<boolean>): Promise<void> {
  let cause: unknown;
  const isReady = () =>
    ready().catch((error: unknown) => {
      cause = error;
      return false;
    });
  if (await eventually(isReady, { withinMs: 60_000, everyMs: 200 })) return;
  throw new DrydockError('unavailable', `prepare ${what}: not ready after 60 s`, { cause });
}
