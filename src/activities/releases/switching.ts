import type { Colour, Instant } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import { DrydockError } from '../../errors.ts';
import { edgeDirectory, otherColour, releaseDirectory } from '../../model/instance/names.ts';
import { renderRelease } from '../../model/instance/render.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import { exchangePaths } from '../instance/exchange.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openRelease, readTree } from '../instance/instances.ts';
import { fromTheOther, type ReleaseNote, readReleaseNote, writeReleaseNote } from '../instance/release-notes.ts';
import { prepareEdge, renderingOf, renderServing } from '../instance/rendering.ts';
import { missingFiles } from './release-files.ts';

/** Two releases that change places. `keepUntil` records the one that leaves as the previous release. */
interface ReleaseExchange {
  instance: string;
  colour: Colour;
  insteadOf: Colour;
  keepUntil?: Instant | undefined;
}

/** How long requests to the colour that leaves may take to end, in milliseconds. */
const drainLimitMs = 120_000;

/** Steps that move traffic from one release to another, and make the other release the instance's. */
export function createSwitchingActivities(drivers: HostDrivers) {
  const { directories, edge } = drivers;
  const edgeOf = (instance: string) => directories.path(instance, edgeDirectory);

  return {
    /** Points the edge at a colour that has a release, and gives the edge that release's configuration. */
    async routeTo({ instance, colour }: Fenced<{ instance: string; colour: Colour }>): Promise<{ at: Instant }> {
      await prepareEdge(drivers, await openRelease(directories, instance, colour));
      await edge.setColour(edgeOf(instance), colour);
      return { at: new Date().toISOString() };
    },

    /** Waits until a colour that the edge has left has no more sessions; returns how many were left at the limit. */
    async drainRelease({ instance, colour }: Fenced<{ instance: string; colour: Colour }>): Promise<{ left: number }> {
      if ((await edge.colour(edgeOf(instance))) === colour) {
        throw new DrydockError('refused', `drain the ${colour} release of ${instance}: the edge points at it`);
      }
      return edge.drainColour(edgeOf(instance), colour, drainLimitMs, signalOfStep());
    },

    /**
     * Renders the instance with one release in place of the other. Repeating changes nothing, and the way back works
     * from wherever an attempt has stopped.
     */
    async exchangeRelease(step: Fenced<ReleaseExchange>): Promise<void> {
      await exchangeReleases(drivers, step);
    },
  };
}

/** Does the work of `exchangeRelease`; false when there was nothing to exchange. */
export async function exchangeReleases(drivers: HostDrivers, exchange: ReleaseExchange): Promise<boolean> {
  const { directories } = drivers;
  const { instance, colour, insteadOf, keepUntil } = exchange;
  const record = await directories.record(instance);
  const note = await noteOfExchange(drivers, record, exchange);
  if (note === undefined) return false; // The release serves, and there is no other.
  const left = await noteOfLeaving(drivers, record, note);
  await writeReleaseNote(directories, instance, left); // first, so that the notes always know both releases
  await exchangePaths(
    ['blueprint', '.env'].map((file) => ({
      serving: directories.path(instance, file),
      incoming: directories.path(instance, releaseDirectory(colour), file),
      outgoing: directories.path(instance, releaseDirectory(insteadOf), file),
    })),
  );
  const changed = record.colour !== colour;
  const until = keepUntil ?? (note.kept?.colour === insteadOf ? note.kept.until : undefined);
  const previous = until === undefined ? undefined : { ...note.other, keepUntil: until };
  if (changed || keepUntil !== undefined) {
    await directories.writeRecord({ ...record, blueprint: note.own.blueprint, colour, previous });
  }
  if (note.brought.by === colour) await bringFiles(drivers, instance, left);
  await renderServing(drivers, instance);
  const other = await renderingOf(drivers, await openRelease(directories, instance, insteadOf));
  await directories.write(instance, `${releaseDirectory(insteadOf)}/docker-compose.yml`, renderRelease(other));
  await directories.removePath(instance, releaseDirectory(colour));
  return changed;
}

/** Both releases, seen from the one that is to serve; undefined when that one serves and is alone. */
async function noteOfExchange(
  { directories }: HostDrivers,
  record: InstanceRecord,
  { instance, colour, insteadOf }: ReleaseExchange,
): Promise<ReleaseNote | undefined> {
  if (insteadOf !== otherColour(colour)) {
    throw new DrydockError('internal', `exchange the releases of ${instance}: ${colour} cannot replace ${insteadOf}`);
  }
  const own = await readReleaseNote(directories, instance, colour);
  const other = own === undefined ? await readReleaseNote(directories, instance, insteadOf) : undefined;
  const note = own ?? (other && fromTheOther(other));
  if (note !== undefined || record.colour === colour) return note;
  throw new DrydockError('not-found', `make the ${colour} release of ${instance} serve: there is no such release`);
}

/** Note on the release that leaves. If the record already says that it has left, an earlier attempt wrote the note. */
async function noteOfLeaving(
  { directories }: HostDrivers,
  record: InstanceRecord,
  note: ReleaseNote,
): Promise<ReleaseNote> {
  const { colour } = note.own;
  const earlier = await readReleaseNote(directories, record.instance, note.other.colour);
  if (record.colour === colour && earlier !== undefined) return earlier;
  const { kept: _, ...pair } = fromTheOther(note);
  const { previous } = record;
  return { ...pair, ...(previous?.colour === colour ? { kept: { colour, until: previous.keepUntil } } : {}) };
}

/**
 * Adds the blueprint's new files, and keeps all that the client has. The note comes first, so that they can go again.
 */
async function bringFiles({ directories }: HostDrivers, instance: string, left: ReleaseNote): Promise<void> {
  const files = await readTree(directories.path(instance, 'blueprint'));
  const missing = await missingFiles((file) => directories.read(instance, file), files);
  if (missing.length === 0) return;
  const brought = { ...left.brought, files: [...new Set([...left.brought.files, ...missing])].sort() };
  await writeReleaseNote(directories, instance, { ...left, brought });
  for (const file of missing) await directories.write(instance, file, files[file] ?? '');
}
