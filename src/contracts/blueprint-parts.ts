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
export const forStore = { store: ServiceName.describe('Store that the step works on') };

/** Fields of every migration, whatever it runs. */
export const migrationOf = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be a name of a–z, 0–9, . and -')
    .describe(
      'Name of the migration: unique, never changed, and recorded in the instance when the migration has finished',
    ),
  since: Version.describe('First version of the blueprint that needs the migration'),
  compatible: z
    .boolean()
    .describe(
      'true: the release before the migration works on with the migrated data. false: the migration runs on a copy',
    ),
};
