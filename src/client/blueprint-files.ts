import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type BlueprintPush, blueprintLimitBytes } from '../contracts/blueprint.ts';
import { DrydockError } from '../errors.ts';

/** Never part of a blueprint: one instance's values, and leftovers of editors and version control. */
const leftOut = /^(\.env|\.git|\.DS_Store|node_modules|.*~|.*\.swp)$/;

/** Files of a blueprint by path, in path order. */
export function readBlueprintFiles(directory: string): Map<string, Buffer> {
  const paths = filesBelow(requireDirectory(directory)).sort();
  const files = new Map(paths.map((path) => [relative(directory, path).split(sep).join('/'), readFileSync(path)]));
  const sizeBytes = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  if (sizeBytes <= blueprintLimitBytes) return files;
  throw new DrydockError('invalid-input', `read the blueprint in ${directory}: ${sizeBytes} bytes`, {
    next: `keep it under ${blueprintLimitBytes} bytes: it holds configuration, never data`,
  });
}

/** The same files as a request. */
export function blueprintPush(directory: string): BlueprintPush {
  const files = [...readBlueprintFiles(directory)];
  return { files: Object.fromEntries(files.map(([path, content]) => [path, content.toString('base64')])) };
}

function requireDirectory(directory: string): string {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return directory;
  throw new DrydockError('not-found', `read the blueprint in ${directory}: there is no such directory`);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (leftOut.test(entry.name)) return [];
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
