/** Uploads the file of the request on its input, and prints the checkpoint once three parts have arrived. */
import { text } from 'node:stream/consumers';
import type { UploadCheckpoint } from '../../src/drivers/object-store/object-store.ts';
import { createS3ObjectStore } from '../../src/drivers/object-store/s3.ts';

const request = JSON.parse(await text(process.stdin));
const store = createS3ObjectStore(request);
let checkpoint: UploadCheckpoint | undefined;
let parts = 0;
await store.uploadFile('f/data', request.path, {
  sha256: request.sha256,
  onCheckpoint: (next) => {
    checkpoint = next;
  },
  onProgress: () => {
    parts += 1;
    if (parts === 3) process.stdout.write(`${JSON.stringify(checkpoint)}\n`);
  },
});
