import type { StoreContents } from '../contracts/contents.ts';
import { formatBytes } from './units.ts';

/** What a store holds, in one line. */
export function describeContents(contents: StoreContents): string {
  switch (contents.kind) {
    case 'neo4j':
      return `${contents.nodes} nodes, ${contents.relationships} relationships`;
    case 'qdrant': {
      const collections = Object.entries(contents.collections);
      return collections.map(([name, { points }]) => `${points} points in ${name}`).join(', ') || 'no collections';
    }
    case 'redis':
      return `${contents.keys} keys (${contents.expiring} expiring)`;
    case 'files':
      return `${contents.files} files, ${formatBytes(contents.bytes)}`;
  }
}
