import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InstanceRecord } from '../../contracts/instance-record.ts';
import type { Lease } from '../../contracts/lease.ts';
import { DrydockError } from '../../errors.ts';
import { absent, readNote, writeNote } from '../notes.ts';
import { replaceFile, replaceLink } from '../partial-file.ts';

/**
 * `<root>/<instance>/`: an instance on its host's disk. Every write is atomic (a temporary name, then rename), so a
 * reader never sees half a file. Removing an absent path is success.
 */
export interface InstanceDirectories {
  readonly root: string;
  path(instance: string, ...parts: string[]): string;
  exists(instance: string): Promise<boolean>;
  names(): Promise<string[]>;
  /** The record of an instance; `not-found` with the names of the existing instances. */
  record(instance: string): Promise<InstanceRecord>;
  /** The record, or undefined when the directory has none: its provisioning never finished. */
  recordIfAny(instance: string): Promise<InstanceRecord | undefined>;
  writeRecord(record: InstanceRecord): Promise<void>;
  read(instance: string, file: string): Promise<string | undefined>;
  /** Writes a file with a mode and creates its directory. */
  write(instance: string, file: string, content: string | Buffer, mode?: number): Promise<void>;
  makeDirectory(instance: string, path: string): Promise<string>;
  removePath(instance: string, path: string): Promise<void>;
  /** Makes a relative link in place of any existing link. */
  link(instance: string, path: string, target: string): Promise<void>;
  /** Removes the whole directory, if it is ours. */
  remove(instance: string): Promise<void>;
  /**
   * Refuses a lease of another instance than the one that lies there (`not-ours`), or one that is older than the newest
   * this host has seen for the instance (`lease-lost`); remembers newer ones.
   */
  checkLease(lease: Lease): Promise<void>;
  /** The newest lease this host has seen for the instance; 0 before the first. */
  lastLease(instance: string): Promise<number>;
}

const recordFile = '.drydock/instance.json';
const leaseFile = '.drydock/lease';

export function createInstanceDirectories(root: string): InstanceDirectories {
  const path = (instance: string, ...parts: string[]) => join(root, instance, ...parts);

  async function names(): Promise<string[]> {
    const entries = await readdir(root, { withFileTypes: true }).catch(absent([]));
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }

  async function write(instance: string, file: string, content: string | Buffer, mode = 0o644): Promise<void> {
    const target = path(instance, file);
    await mkdir(dirname(target), { recursive: true });
    await replaceFile(target, content, mode);
  }

  async function read(instance: string, file: string): Promise<string | undefined> {
    return readFile(path(instance, file), 'utf8').catch(absent(undefined));
  }

  async function recordIfAny(instance: string): Promise<InstanceRecord | undefined> {
    return readNote(path(instance, recordFile), InstanceRecord);
  }

  async function lastLease(instance: string): Promise<number> {
    return Number((await read(instance, leaseFile)) ?? 0);
  }

  return {
    root,
    path,
    names,
    lastLease,
    read,
    write,
    recordIfAny,
    async exists(instance) {
      return stat(path(instance)).then(() => true, absent(false));
    },
    async record(instance) {
      const record = await recordIfAny(instance);
      if (record !== undefined) return record;
      const known = await names();
      throw new DrydockError('not-found', `look for instance ${instance} under ${root}: it is not on this host`, {
        next: `this host has ${known.join(', ') || 'no instance'}`,
      });
    },
    async writeRecord(record) {
      await writeNote(path(record.instance, recordFile), record);
    },
    async makeDirectory(instance, relative) {
      await mkdir(path(instance, relative), { recursive: true });
      return path(instance, relative);
    },
    async removePath(instance, relative) {
      await rm(path(instance, relative), { recursive: true, force: true });
    },
    async link(instance, relative, target) {
      const at = path(instance, relative);
      await mkdir(dirname(at), { recursive: true });
      await replaceLink(at, target);
    },
    async remove(instance) {
      // A directory without our state directory is somebody else's, whatever its name.
      const ours = await stat(path(instance, '.drydock')).then(() => true, absent(false));
      const there = await stat(path(instance)).then(() => true, absent(false));
      if (there && !ours) {
        throw new DrydockError(
          'not-ours',
          `remove ${path(instance)}: it has no .drydock directory, so Drydock did not make it`,
        );
      }
      await rm(path(instance), { recursive: true, force: true });
    },
    async checkLease(lease) {
      const { id = lease.id } = (await recordIfAny(lease.instance)) ?? {};
      if (id !== lease.id) {
        throw new DrydockError(
          'not-ours',
          `act on ${lease.instance}.${lease.id}: this host has ${lease.instance}.${id}`,
          {
            next: 'drydock status says which of the two lives, and where',
          },
        );
      }
      const seen = await lastLease(lease.instance);
      if (lease.token < seen) {
        throw new DrydockError(
          'lease-lost',
          `act on ${lease.instance} with lease ${lease.token}: this host has already seen lease ${seen}`,
          { next: 'another procedure has taken over; look at the instance with `drydock status`' },
        );
      }
      // A step may run before the directory exists (provisioning) or after its removal: then there is nothing to fence.
      const there = await stat(path(lease.instance, '.drydock')).then(() => true, absent(false));
      if (there && lease.token > seen) await write(lease.instance, leaseFile, String(lease.token));
    },
  };
}
