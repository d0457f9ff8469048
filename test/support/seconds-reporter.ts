import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** How long a run of tests took, and each of its files with its imports and hooks, which vitest's own report leaves out. */
export interface Seconds {
  all: number;
  files: Record<string, number>;
}

/** Writes the times into the file that `TEST_SECONDS` names. */
export default class SecondsReporter implements Reporter {
  private readonly begun = Date.now();

  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules.map((module) => {
      const { setupDuration, collectDuration, duration } = module.diagnostic();
      return [module.relativeModuleId, (setupDuration + collectDuration + duration) / 1000] as const;
    });
    const seconds: Seconds = { all: (Date.now() - this.begun) / 1000, files: Object.fromEntries(files) };
    writeFileSync(process.env['TEST_SECONDS'] ?? '/dev/null', JSON.stringify(seconds));
  }
}
