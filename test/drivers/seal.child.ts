/** Seals and unseals 512 MiB and prints how much more memory that takes than a small file. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createAgeZstdSeal } from '../../src/drivers/seal/age-zstd.ts';

const mib = 1024 * 1024;
const { folder, recipient, identityFile } = JSON.parse(await text(process.stdin));
const seal = createAgeZstdSeal({ recipients: [recipient], identityFile });

async function roundTrip(sizeBytes: number): Promise<void> {
  const [from, to, back] = ['source', 'sealed', 'back'].map((name) => join(folder, `${sizeBytes}-${name}`)) as [
    string,
    string,
    string,
  ];
  const file = await open(from, 'w');
  const block = randomBytes(mib);
  for (let written = 0; written < sizeBytes; written += mib) await file.write(block);
  await file.close();
  const result = await seal.seal(from, to, { compression: 'zstd' });
  await seal.unseal(createReadStream(to), back, { ...result, compression: 'zstd', encryption: 'age' }, {});
}

await roundTrip(mib);
const before = process.memoryUsage.rss();
await roundTrip(512 * mib);
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ growthBytes: peak - before }));
