import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of minutes. Begun last, one of them would go on alone while the other processor has nothing left to do. */
const longest = ['restore', 'restore-as', 'upgrade', 'backup', 'night-job', 'drill'].map(
  (name) => `test/workflows/${name}.test.ts`,
);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** What is waited for may take its time on a busy machine; a second, the default, is soon gone. What comes early costs nothing. */
const expectation = { poll: { timeout: 20_000 } };

// Three projects, by what a test needs: nothing; Docker and the object store; the whole embedded control plane.
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          expect: expectation,
          include: ['test/{model,contracts,workflows,activities,workers,client,replay,house}/**/*.test.ts'],
          globalSetup: ['test/support/bundles-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One less than there are processors is the default: on two of them nothing would run side by side.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'drivers',
          expect: expectation,
          include: ['test/drivers/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          expect: expectation,
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/plane-setup.ts'],
          // The longest takes five minutes on two cores; with KILLS=all a worker dies in some thirty steps, twice.
          testTimeout: process.env['KILLS'] === 'all' ? 2_400_000 : 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
