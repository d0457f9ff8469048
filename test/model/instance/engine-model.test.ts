import { expect, test } from 'vitest';
import { asEngineTakes } from '../../../src/model/instance/engine-model.ts';

const probed = { image: 'app', healthcheck: { test: ['CMD', 'probe'], interval: '10s', start_interval: '1s' } };
const model = { name: 'stack', services: { app: probed, edge: { image: 'edge' } } };

test.each(['1.41', '1.43'])('an engine with API %s is not given an interval of the start', (api) => {
  const app = { image: 'app', healthcheck: { test: ['CMD', 'probe'], interval: '10s' } };
  expect(asEngineTakes(api, model)).toEqual({ name: 'stack', services: { app, edge: { image: 'edge' } } });
});

test.each(['1.44', '1.51', '1.100'])('an engine with API %s is given everything', (api) => {
  expect(asEngineTakes(api, model)).toEqual(model);
});
