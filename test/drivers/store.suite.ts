import { cp, mkdir, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreContents } from '../../src/contracts/contents.ts';
import { DrydockError, describeError } from '../../src/errors.ts';
import { type KindName, kindOf } from '../../src/stores/kinds.ts';
import type { Captured, Frozen, Report, RunningStore, StoreDriver, StoreTools } from '../../src/stores/store.ts';

/** Stores and observations with which the suite sees a driver at work on one kind of store. */
export interface StoreBench {
  driver: StoreDriver;
  /** A running store that holds something of everything its kind can hold. */
  live: RunningStore;
  /** An empty place, and how to start a store on it. */
  empty(): Promise<{ tools: StoreTools; start(): Promise<RunningStore> }>;
  /** The same store with a wrong secret; undefined for files, which no server guards. */
  withWrongSecret: RunningStore | undefined;
  running(): Promise<boolean>;
  /** Containers, volumes and snapshots beyond the stores themselves. */
  leftBehind(): Promise<string[]>;
  dispose(): Promise<void>;
}

/** A restore starts ten tools and a server, which takes a minute at most, unless the machine is busy. */
export const busyMachineMs = 15 * 60_000;
const never = new AbortController().signal;
const silent = () => undefined;

/** Freezes a store, and captures the frozen view. */
export async function take<At extends RunningStore>(
  driver: Pick<StoreDriver<StoreTools, At>, 'freeze' | 'capture'>,
  at: At,
  directory: string,
  report: Report = silent,
  signal = never,
): Promise<Frozen & Captured> {
  const frozen = await driver.freeze(at, directory, report, signal);
  return { ...frozen, ...(await driver.capture(at, directory, report, signal)) };
}

/** A running store, and what was captured of it into `staging`. */
interface Taken {
  readonly bench: StoreBench;
  readonly staging: string;
  readonly captured: Frozen & Captured;
  readonly contents: StoreContents;
}

/** Registers tests of one kind of store; they share what was taken of it. */
type Part = (kind: KindName, taken: () => Taken) => void;

/** What every driver of a store keeps to. All of it, unless parts are named. */
export function storeSuite(
  kind: KindName,
  createBench: () => Promise<StoreBench>,
  parts: readonly Part[] = [restoring, capturingAgain],
): void {
  describe(`a ${kind} store`, { timeout: busyMachineMs }, () => {
    let bench: StoreBench;
    let staging: string;
    let taken: Taken;

    beforeAll(async () => {
      bench = await createBench();
      staging = await mkdtemp(join(tmpdir(), 'drydock-store-'));
      const contents = await bench.driver.contents(bench.live);
      taken = { bench, staging, contents, captured: await take(bench.driver, bench.live, staging) };
    });
    afterAll(async () => {
      await bench?.dispose();
      if (staging) await rm(staging, { recursive: true, force: true });
    });

    for (const part of parts) part(kind, () => taken);
  });
}

/** A store is captured and restored. */
export function restoring(kind: KindName, taken: () => Taken): void {
  test('says its kind, its version, and how much space a capture may need', async () => {
    const { bench, staging, captured, contents } = taken();
    expect(bench.driver.kind).toBe(kind);
    expect(contents.kind).toBe(kind);
    const version = await bench.driver.version(bench.live);
    expect(version).toMatch(/\d+\.\d+/);
    expect(await bench.driver.engineVersion(bench.live)).toBe(version);
    const sizes = await Promise.all(captured.files.map(async ({ name }) => (await stat(join(staging, name))).size));
    const space = await bench.driver.captureSpace(bench.live);
    expect(space.stagingBytes).toBeGreaterThanOrEqual(sizes.reduce((sum, size) => sum + size, 0));
  });

  test('holds after a restore what it held when it was captured, although every act ran twice', async () => {
    const { bench, staging, captured, contents } = taken();
    const again = await take(bench.driver, bench.live, staging);
    expect(again.files).toEqual(captured.files);
    expect((await readdir(staging)).sort()).toEqual(captured.files.map(({ name }) => name).sort());

    const target = await bench.empty();
    for (const _ of ['once', 'twice']) {
      const { tool, result, contents: counted } = await bench.driver.check(target.tools, staging, silent, never);
      expect(tool).not.toBe('');
      expect(result).not.toBe('');
      // If writing goes on during a capture of this kind, the check must count what the capture holds.
      if (kindOf({ kind }).frozen === 'while-written') expect(counted).toEqual(contents);
      else expect(counted).toBeUndefined();
    }
    for (const _ of ['once', 'twice']) await bench.driver.load(target.tools, staging, silent, never);
    const restored = await target.start();
    for (const _ of ['once', 'twice']) await bench.driver.loadRunning(restored, staging, silent, never);
    expect(await bench.driver.contents(restored)).toEqual(contents);
    expect(await bench.leftBehind()).toEqual([]);
  });

  test('is unchanged and running after a capture', async () => {
    const { bench, contents } = taken();
    expect(await bench.running()).toBe(true);
    expect(await bench.driver.contents(bench.live)).toEqual(contents);
    expect(await bench.leftBehind()).toEqual([]);
  });

  test('reports progress', async () => {
    const { bench } = taken();
    const seen: number[] = [];
    const directory = await mkdtemp(join(tmpdir(), 'drydock-store-'));
    await take(bench.driver, bench.live, directory, ({ done }) => seen.push(done));
    await rm(directory, { recursive: true });
    expect(Math.max(...seen)).toBeGreaterThan(0);
  });

  test('refuses an artifact that is cut short, changed or missing', async () => {
    const { bench, staging, captured } = taken();
    for (const { name } of captured.files) {
      for (const [damage, apply] of Object.entries(damages)) {
        const directory = await mkdtemp(join(tmpdir(), 'drydock-store-'));
        await cp(staging, directory, { recursive: true });
        await apply(join(directory, name));
        const outcome = await bench.driver.check(bench.live, directory, silent, never).then(
          () => 'accepted',
          (error) => (error instanceof DrydockError ? error.code : String(error)),
        );
        await rm(directory, { recursive: true });
        expect(`${name} ${damage}: ${outcome}`).toBe(`${name} ${damage}: damaged`);
      }
    }
    expect(await bench.leftBehind()).toEqual([]);
  });

  if (kind === 'files') return; // The other tests need a server.

  test('names the wrong secret as the cause, and does not show it', async () => {
    const { bench, staging } = taken();
    const wrong = bench.withWrongSecret;
    if (wrong?.place !== 'volume') throw new Error('the bench of a server must have a wrong secret');
    const acts = {
      contents: () => bench.driver.contents(wrong),
      freeze: () => bench.driver.freeze(wrong, staging, silent, never),
    };
    for (const act of Object.values(acts)) {
      const error = await act().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).toMatchObject({ code: 'refused' });
      expect(describeError(error)).not.toContain(wrong.secret);
    }
    expect(await bench.running()).toBe(true);
  });

  test('is not loaded over while it runs', async () => {
    const { bench, staging, contents } = taken();
    const load = bench.driver.load(bench.live, staging, silent, never);
    await expect(load).rejects.toMatchObject({ code: 'refused' });
    expect(await bench.driver.contents(bench.live)).toEqual(contents);
  });
}

/** A capture is aborted, given up and tried again. */
export function capturingAgain(_: KindName, taken: () => Taken): void {
  test('goes on as before after a capture that was aborted in the middle, and nothing is left of one that is given up', async () => {
    const { bench, contents } = taken();
    const directory = await mkdtemp(join(tmpdir(), 'drydock-store-'));
    const controller = new AbortController();
    const abort = () => controller.abort(new Error('the operator changed his mind'));
    const aborted = take(bench.driver, bench.live, directory, abort, controller.signal);
    await expect(aborted).rejects.toThrow('the operator changed his mind');
    expect(await bench.running()).toBe(true);
    expect(await bench.driver.contents(bench.live)).toEqual(contents);

    for (const _ of ['once', 'twice']) await bench.driver.thaw(bench.live, directory, never);
    expect(await bench.leftBehind()).toEqual([]);

    await take(bench.driver, bench.live, directory);
    await bench.driver.check(bench.live, directory, silent, never);
    await rm(directory, { recursive: true });
  });

  test('is captured as it was frozen, as often as it is tried, and not when the view was given up', async () => {
    const { bench, captured } = taken();
    const directory = await mkdtemp(join(tmpdir(), 'drydock-store-'));
    for (const _ of ['once', 'twice']) await bench.driver.freeze(bench.live, directory, silent, never);
    for (const _ of ['once', 'twice']) {
      expect(await bench.driver.capture(bench.live, directory, silent, never)).toEqual({ files: captured.files });
    }
    expect((await readdir(directory)).sort()).toEqual(captured.files.map(({ name }) => name).sort());
    expect(await bench.leftBehind()).toEqual([]);

    await bench.driver.freeze(bench.live, directory, silent, never);
    await bench.driver.thaw(bench.live, directory, never);
    await rm(directory, { recursive: true });
    await mkdir(directory);
    const capture = bench.driver.capture(bench.live, directory, silent, never);
    await expect(capture).rejects.toMatchObject({ code: 'mismatch' });
    expect(await bench.leftBehind()).toEqual([]);
    await rm(directory, { recursive: true });
  });
}

const damages: Record<string, (path: string) => Promise<void>> = {
  'cut short': async (path) => truncate(path, Math.floor(((await stat(path)).size * 2) / 3)),
  changed: async (path) => {
    await using file = await open(path, 'r+');
    const { size } = await file.stat();
    const at = Math.floor(size / 2);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, at);
  },
  missing: (path) => rm(path),
};
