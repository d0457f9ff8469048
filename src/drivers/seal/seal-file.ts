import { type FileHandle, open } from 'node:fs/promises';
import { DrydockError } from '../../errors.ts';
import { EarlySync, throwFileError, writeWhole } from '../partial-file.ts';
import { digestBehind, RunningDigest, readPosition } from './digest.ts';
import { pipeTools, supervise, type Tool } from './piped-tools.ts';
import type { SealedFile, SealOptions } from './seal.ts';

type Options = Omit<SealOptions, 'compression'> & { tools: readonly Tool[] };

const blockBytes = 1024 * 1024;

/** Without tools the stored bytes are the source's. The source must not change: a change fails before the rename. */
export async function sealFile(from: string, to: string, options: Options): Promise<SealedFile> {
  options.signal?.throwIfAborted();
  const source = await open(from, 'r').catch((error) => throwFileError(error, `read ${from}`));
  try {
    const before = await source.stat({ bigint: true });
    return await writeWhole(to, async (target) => {
      const sealed = await (options.tools.length === 0 ? copy : pack)(source, target, options);
      const after = await source.stat({ bigint: true });
      if (before.mtimeNs !== after.mtimeNs || BigInt(sealed.source.sizeBytes) !== before.size) {
        throw new DrydockError('damaged', `seal ${from}: the file changed while it was read`);
      }
      return sealed;
    });
  } finally {
    await source.close();
  }
}

/** The programs read and write the files; this process only follows them with the two digests. */
async function pack(source: FileHandle, target: FileHandle, options: Options): Promise<SealedFile> {
  const pipe = pipeTools(options.tools, { input: source.fd, output: target.fd });
  const disk = new EarlySync(target);
  return supervise(pipe, options.signal, async () => {
    const [sourceDigest, stored] = await Promise.all([
      digestBehind(source, pipe.ended, {
        reachedBytes: () => readPosition(source),
        onBytes: (bytes) => options.onProgress?.(bytes),
      }),
      digestBehind(target, pipe.ended, {
        reachedBytes: async () => (await target.stat()).size,
        onBytes: (bytes) => disk.reached(bytes),
      }),
    ]);
    await disk.finish();
    return { source: sourceDigest, stored };
  });
}

async function copy(source: FileHandle, target: FileHandle, options: Options): Promise<SealedFile> {
  const digest = new RunningDigest();
  const disk = new EarlySync(target);
  const buffer = Buffer.allocUnsafeSlow(blockBytes);
  for (;;) {
    options.signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, blockBytes, digest.sizeBytes);
    if (bytesRead === 0) break;
    const block = buffer.subarray(0, bytesRead);
    const written = target.writeFile(block);
    digest.add(block);
    await written;
    disk.reached(digest.sizeBytes);
    options.onProgress?.(digest.sizeBytes);
  }
  await disk.finish();
  const stored = digest.finish();
  return { source: stored, stored };
}
