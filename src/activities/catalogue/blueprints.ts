import {
  type BlueprintPush,
  type BlueprintReport,
  blueprintLimitBytes,
  StoredBlueprint,
} from '../../contracts/blueprint.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { trustedBlueprint } from '../../model/check/check-blueprint.ts';
import { blueprintKey } from '../../model/instance/names.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { hashOf } from '../attempt/hash.ts';
import { blueprintRefs, filesOf } from '../instance/instances.ts';

/** Steps on the stored blueprints; each name and version is immutable. */
export function createBlueprintActivities(objects: ObjectStore) {
  return {
    /** Checks and stores a blueprint. Pushing the same content again succeeds; other content is refused. */
    async publishBlueprint({ push }: { push: BlueprintPush }): Promise<BlueprintReport> {
      const files = filesOf(push);
      const size = Object.values(push.files).reduce((sum, content) => sum + content.length * 0.75, 0);
      if (size > blueprintLimitBytes) {
        throw new DrydockError(
          'invalid-input',
          `publish a blueprint of ${readableBytes(size)}: at most ${readableBytes(blueprintLimitBytes)}`,
          {
            next: 'a blueprint is configuration; leave data and images out of its directory',
          },
        );
      }
      const { name, version } = trustedBlueprint(files);
      const ref = `${name}@${version}`;
      const digest = hashOf(push.files);
      const stored: StoredBlueprint = { name, version, digest, pushedAt: new Date().toISOString(), files: push.files };
      try {
        await objects.put(blueprintKey(ref), JSON.stringify(stored), { ifAbsent: true });
        return { blueprint: ref, digest, outcome: 'pushed' };
      } catch (error) {
        const there = await objects.getText(blueprintKey(ref));
        if (there === undefined) throw error;
        if (StoredBlueprint.parse(JSON.parse(there)).digest === digest)
          return { blueprint: ref, digest, outcome: 'already-there' };
        throw new DrydockError('already-exists', `publish ${ref}: this version exists with other content`, {
          next: 'a published version never changes; raise the version in blueprint.yaml',
          cause: error,
        });
      }
    },

    async listBlueprints(): Promise<string[]> {
      return blueprintRefs(objects);
    },
  };
}
