import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { execa } from 'execa';
import { z } from 'zod';
import { Secret } from '../../config.ts';
import { DrydockError } from '../../errors.ts';
import { type Home, writeWhole } from './home.ts';

const ObjectStoreKeys = z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() });

/** Secrets that a home generates only once: losing the identity would make every set unreadable. */
export async function ensureSecrets(home: Home): Promise<void> {
  if (!existsSync(home.objectStoreKeys)) {
    const keys = { accessKeyId: `drydock${hex(6)}`, secretAccessKey: hex(20) };
    writeWhole(home.objectStoreKeys, `${JSON.stringify(keys)}\n`);
  }
  if (!existsSync(home.identity)) await generateIdentity(home.identity);
}

export function objectStoreKeys(home: Home): { accessKeyId: string; secretAccessKey: Secret } {
  const keys = ObjectStoreKeys.parse(JSON.parse(readFileSync(home.objectStoreKeys, 'utf8')));
  return { accessKeyId: keys.accessKeyId, secretAccessKey: new Secret(keys.secretAccessKey) };
}

/** The public key, from age-keygen's note in the identity file. */
export function recipient(home: Home): string {
  const found = /^# public key: (age1[0-9a-z]+)$/m.exec(readFileSync(home.identity, 'utf8'))?.[1];
  if (found !== undefined) return found;
  throw new DrydockError('damaged', `read ${home.identity}: no public key in it`, {
    next: 'put the file back from your copy; without it the sets of this home cannot be read',
  });
}

async function generateIdentity(path: string): Promise<void> {
  rmSync(`${path}.new`, { force: true });
  const made = await execa('age-keygen', ['-o', `${path}.new`], { reject: false });
  if (made.failed) {
    throw new DrydockError('unavailable', `generate an identity with age-keygen: ${made.shortMessage}`, {
      next: 'run ./scripts/setup, or install age',
    });
  }
  renameSync(`${path}.new`, path);
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
