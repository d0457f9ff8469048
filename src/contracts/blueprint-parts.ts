import { z } from 'zod';
import { ServiceName, Version } from './ids.ts';

/** Parts of a blueprint that kinds of stores repeat. */

export const RelativePath = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[\w./-]+$/, 'must be a path inside the blueprint, without ..');

/** The place of a store that is a service. */
export const inVolume = {
  service: ServiceName.describe('Service of the Compose file'),
  volume: ServiceName.describe('Top-level volume of the Compose file that holds its data'),
};

/** The store that a step works on. */
export const forStore = { store: ServiceName.describe('Store it is for') };

/** Fields of every migration, whatever it runs. */
export const migrationOf = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be a name of a–z, 0–9, . and -')
    .describe('Recorded in the instance once it is finished; unique, and never changed afterwards'),
  since: Version.describe('First version of the blueprint that needs it'),
  compatible: z
    .boolean()
    .describe('true: the release before it works on with the migrated data. false: it is made on a copy'),
};
