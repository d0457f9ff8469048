import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { execa } from 'execa';
import { DrydockError } from '../../errors.ts';
import { digestOf } from './digest.ts';
import type { Tool } from './piped-tools.ts';
import type { Packing, Seal } from './seal.ts';
import { sealFile } from './seal-file.ts';
import { unsealStream } from './unseal-stream.ts';

interface AgeZstdOptions {
  /** Public keys; without any, nothing is encrypted. */
  recipients: readonly string[];
  /** Needed only to read encrypted sets. */
  identityFile?: string | undefined;
}

const zstd: Tool = { program: 'zstd', args: ['-q', '-T0', '-3', '-c'] };
const unzstd: Tool = { program: 'zstd', args: ['-q', '-d', '-c'] };

export function createAgeZstdSeal(options: AgeZstdOptions): Seal {
  const age = ageFor(options.recipients);
  return {
    seal: async (from, to, { compression, ...rest }) => {
      return sealFile(from, to, { ...rest, tools: compression === 'zstd' ? [zstd, ...age] : age });
    },
    unseal: async (from, to, expected, rest) => {
      try {
        await unsealStream(from, to, {
          ...rest,
          expected,
          tools: await unpackingTools(expected, options.identityFile),
        });
      } finally {
        from.destroy();
      }
    },
    digest: digestOf,
    recipients: () => options.recipients,
    tools: async () => ({ zstd: await versionOf('zstd'), age: await versionOf('age') }),
  };
}

function ageFor(recipients: readonly string[]): Tool[] {
  if (recipients.length === 0) return [];
  if (recipients.some((recipient) => /secret/i.test(recipient))) {
    throw new DrydockError('invalid-input', 'a recipient is a secret key', {
      next: 'name the public key: age-keygen -y <identity file> prints it',
    });
  }
  return [{ program: 'age', args: recipients.flatMap((recipient) => ['-r', recipient]) }];
}

async function unpackingTools(packing: Packing, identityFile: string | undefined): Promise<Tool[]> {
  const decompress = packing.compression === 'zstd' ? [unzstd] : [];
  if (packing.encryption === 'none') return decompress;
  const next = 'give the worker the identity file whose public key the manifest names';
  if (identityFile === undefined)
    throw new DrydockError('cannot-decrypt', 'decrypt: no identity file is configured', { next });
  await access(identityFile, constants.R_OK).catch((cause) => {
    throw new DrydockError('cannot-decrypt', `decrypt: identity file ${identityFile} cannot be read`, { next, cause });
  });
  return [{ program: 'age', args: ['-d', '-i', identityFile] }, ...decompress];
}

async function versionOf(program: 'zstd' | 'age'): Promise<string> {
  const result = await execa(program, ['--version'], { reject: false });
  if (result.failed) {
    throw new DrydockError('tool-failed', `ask ${program} for its version`, {
      next: `install ${program} on this host`,
      cause: result,
    });
  }
  return /\d+(\.\d+)+/.exec(result.stdout)?.[0] ?? result.stdout.trim();
}
