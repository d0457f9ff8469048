import type { StoreDriver } from '../../src/stores/store.ts';
import type { StoreBench } from '../drivers/store.suite.ts';
import type { Service, StoreContainers } from './store-containers.ts';

/** What the suite of stores needs of one that a server guards; each kind changes what differs. */
export function serviceBench(
  kind: Service,
  containers: StoreContainers,
  driver: StoreDriver,
  live: Extract<StoreBench['live'], { container: string }>,
): StoreBench {
  return {
    driver,
    live,
    async empty() {
      const tools = await containers.place(kind);
      return { tools, start: () => containers.start(kind, tools) };
    },
    withWrongSecret: { ...live, secret: `wrong-secret-of-${kind}` },
    running: async () => (await containers.runtime.container(live.container))?.health === 'healthy',
    leftBehind: () => containers.strangers(),
    dispose: () => containers.dispose(),
  };
}
