import type { Client } from '@temporalio/client';
import type { HostName } from '../../contracts/ids.ts';
import { hostQueue } from '../../contracts/queues.ts';
import { DrydockError } from '../../errors.ts';
import { pollsOf } from '../../pollers.ts';

/** Steps that know of hosts but run on none. */
export function createHostChoice(client: () => Client, defaultHost: HostName | undefined) {
  return {
    /** The requested host, or the default; refuses a host without a worker, where the run would wait for ever. */
    async chooseHost({ host }: { host: HostName | undefined }): Promise<{ host: HostName }> {
      const chosen = host ?? defaultHost;
      if (chosen === undefined) {
        throw new DrydockError('invalid-input', 'choose a host: the request names none and there is no default', {
          next: 'name a host with --host, or give the control worker DRYDOCK_DEFAULT_HOST',
        });
      }
      const { workflowService, options } = client();
      const queue = { namespace: options.namespace, queue: hostQueue(chosen), kind: 'activity' } as const;
      if ((await pollsOf(workflowService, queue)).length > 0) return { host: chosen };
      throw new DrydockError('not-found', `look for host ${chosen}: no worker of this host is connected`, {
        next: `start the host worker with DRYDOCK_HOST=${chosen}, or name another host`,
      });
    },
  };
}
