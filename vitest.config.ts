import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of minutes. Begun last, one of them would go on alone while the other processor has nothing left to do. */
const longest = [
  'test/gate/story.test.ts',
  'test/gate/recovery.test.ts',
  ...['on-a-server', 'every-activity', 'platform', 'restore-as', 'night-job', 'drill', 'restore', 'backup'].map(
    (name) => `test/workflows/${name}.test.ts`,
  ),
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** What is waited for may take its time on a busy machine; a second, the default, is soon gone. What comes early costs nothing. */
const expectation = { poll: { timeout: 20_000 } };

/** A message names everything that differs: reports keep only messages, and what failed once may not fail again. */
const asserting = { expect: expectation, chaiConfig: { truncateThreshold: 0 } };

/** A temporary directory of its own for every run, and who cleans up behind it. */
const run = 'test/support/run-setup.ts';

/** What runs on a whole embedded control plane, which all files of a run share. */
const onPlane = {
  ...asserting,
  globalSetup: [run, 'test/support/plane-setup.ts'],
  testTimeout: 900_000,
  hookTimeout: 900_000,
};

// By what a test needs: nothing; Docker and the object store; a control plane. What is too long for every landing is the proof's.
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          ...asserting,
          include: ['test/{model,contracts,workflows,activities,workers,client,replay,house,scripts}/**/*.test.ts'],
          globalSetup: [run, 'test/support/bundles-setup.ts', 'test/support/server-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // The files of a worker share their modules, which costs half a second a file otherwise: they leave nothing behind.
          isolate: false,
          // One less than there are processors is the default: on two of them nothing would run side by side.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'drivers',
          ...asserting,
          include: ['test/drivers/**/*.test.ts'],
          globalSetup: [run],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      // Two files at a time: their instances are their own, and so are the ports of those that are planned at the same moment.
      { test: { ...onPlane, name: 'gate', include: ['test/gate/*.test.ts'], maxWorkers: 2 } },
      {
        test: {
          ...onPlane,
          name: 'proof',
          include: ['test/proof/**/*.test.ts'],
          // A worker dies in some thirty steps, twice.
          testTimeout: 2_400_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
