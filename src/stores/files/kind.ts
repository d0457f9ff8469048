import { z } from 'zod';
import { RelativePath } from '../../contracts/blueprint-parts.ts';
import { differences } from '../differences.ts';
import type { StoreKind } from '../kind.ts';

const spec = z.strictObject({
  kind: z.literal('files'),
  paths: z
    .array(RelativePath)
    .min(1)
    .describe('Files and directories of the instance that a set holds; a set leaves out all others'),
});
type FilesSpec = z.infer<typeof spec>;

const contents = z.strictObject({ kind: z.literal('files'), files: z.int(), bytes: z.int(), digest: z.string() });
export type FilesContents = z.infer<typeof contents>;

export const files = {
  name: 'files',
  spec,
  contents,
  frozen: 'behind-barrier',

  secretOf: () => undefined,
  differences,
  describe: ({ files, bytes: sizeBytes }, bytes) => `${files} files, ${bytes(sizeBytes)}`,
  upgradeRefusal: () => undefined,
} as const satisfies StoreKind<FilesSpec, FilesContents>;
