import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { listeningPorts } from '../../listening-ports.ts';

/** The machine itself: facts that no container engine tells. Read only. */
export interface Host {
  memoryBytes(): number;
  /** Bytes that root may still write to the path's file system. */
  diskFreeBytes(path: string): Promise<number>;
  /** Size of the path's file system in bytes. */
  diskSizeBytes(path: string): Promise<number>;
  /** TCP ports with a listener, with the name and pid of the process where known. */
  listeningPorts(): Promise<Map<number, string>>;
}

export function createHost(): Host {
  return {
    memoryBytes: () => totalmem(),
    async diskFreeBytes(path) {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    },
    async diskSizeBytes(path) {
      const { blocks, bsize } = await statfs(path);
      return blocks * bsize;
    },
    listeningPorts,
  };
}
