import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandsPage, exitCodesPage } from './command-pages.ts';
import { configurationPage } from './configuration-page.ts';
import { metricsPage } from './metrics-page.ts';
import { blueprintPage, manifestPage, requestsPage } from './schema-pages.ts';

/** Directory the reference is written to. */
export const referenceDirectory = fileURLToPath(new URL('../../docs/reference/', import.meta.url));

/** Every page of docs/reference by its file name, made from schemas, error table and command line. */
export function referencePages(): Record<string, string> {
  return {
    'blueprint.md': blueprintPage(),
    'manifest.md': manifestPage(),
    'requests.md': requestsPage(),
    'configuration.md': configurationPage(),
    'metrics.md': metricsPage(),
    'exit-codes.md': exitCodesPage(),
    'commands.md': commandsPage(),
  };
}

if (import.meta.main) {
  mkdirSync(referenceDirectory, { recursive: true });
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(referenceDirectory, name), text);
}
