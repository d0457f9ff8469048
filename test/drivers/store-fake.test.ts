import type { RunningService, ServiceTools } from '../../src/stores/store.ts';
import { createFakeStores } from '../support/fakes/store.ts';
import { storeSuite } from './store.suite.ts';

for (const kind of ['neo4j', 'qdrant', 'redis'] as const) {
  storeSuite(kind, async () => {
    const { world, drivers } = createFakeStores();
    const live = running({ ...tools(kind), volume: 'live' });
    world.held.set(
      'live',
      new Map([
        ['one', '1'],
        ['two', '2'],
      ]),
    );
    world.secrets.set('live', 'right');
    world.inUse.add('live');
    return {
      driver: drivers[kind],
      live,
      empty: async () => ({ tools: tools(kind), start: async () => running(tools(kind)) }),
      withWrongSecret: { ...live, secret: 'wrong-one' },
      running: async () => true,
      leftBehind: async () => [],
      dispose: async () => undefined,
    };
  });
}

storeSuite('files', async () => {
  const { world, drivers } = createFakeStores();
  const live = { place: 'directory', instance: 'pharma', store: 'files', directory: '/live', paths: ['data'] } as const;
  const target = { ...live, directory: '/restored' };
  world.held.set('/live', new Map([['data/one', '1']]));
  return {
    driver: drivers.files,
    live,
    empty: async () => ({ tools: target, start: async () => target }),
    withWrongSecret: undefined,
    running: async () => true,
    leftBehind: async () => [],
    dispose: async () => undefined,
  };
});

function tools(kind: string): ServiceTools {
  const names = { instance: 'pharma', store: kind, image: kind, volume: 'restored', labels: {}, namePrefix: 'pharma' };
  return { place: 'volume', ...names };
}

/** The fakes do not ask what the blueprint says. */
const spec = { kind: 'redis', service: 'store', volume: 'live' } as const;

function running(at: ServiceTools): RunningService {
  return { ...at, container: at.volume, address: '', spec, secret: 'right' };
}
