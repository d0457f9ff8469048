import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { doubts, type Ledger, parseLedger, renderLedger } from './ledger.ts';
import { parts } from './parts.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const file = `${root}docs/proof.md`;

export function readLedger(): Ledger {
  return parseLedger(readFileSync(file, 'utf8'));
}

export function writeLedger(ledger: Ledger): void {
  writeFileSync(file, renderLedger(ledger, parts));
}

/** What a release could not rest on today. */
export function doubtsOfToday(): string[] {
  return doubts(readLedger(), parts, new Date());
}
