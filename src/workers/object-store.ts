import type { ObjectStoreConfig } from '../config.ts';
import type { ObjectStore } from '../drivers/object-store/object-store.ts';
import { createS3ObjectStore } from '../drivers/object-store/s3.ts';

/** The object store of a worker. Gateways with their own endpoint rarely support buckets as host names. */
export function createObjectStore({ secretAccessKey, ...config }: ObjectStoreConfig): ObjectStore {
  return createS3ObjectStore({
    ...config,
    secretAccessKey: secretAccessKey.reveal(),
    forcePathStyle: config.endpoint !== undefined,
  });
}
