import type { Colour } from '../../contracts/ids.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { DrydockError } from '../../errors.ts';
import type { BlueprintFiles } from '../../model/check/check-blueprint.ts';
import { fillTemplate, parseEnv } from '../../model/instance/env-file.ts';
import { releaseDirectory } from '../../model/instance/names.ts';
import { renderRelease } from '../../model/instance/render.ts';
import { procedureOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { fetchBlueprint, openInstance, openRelease } from '../instance/instances.ts';
import { type ReleaseNote, type ReleaseSide, readReleaseNote, writeReleaseNote } from '../instance/release-notes.ts';
import { renderingOf } from '../instance/rendering.ts';
import { secretValues } from '../instance/secret-values.ts';

/** Writes all that a candidate starts from. Repeating keeps the secrets and the list of files that it brought. */
export async function writeCandidate(drivers: HostDrivers, plan: UpgradePlan): Promise<void> {
  const { directories, objects, settings } = drivers;
  const { instance, to } = plan;
  const at = releaseDirectory(to.colour);
  const { stored, files } = await fetchBlueprint(objects, to.ref);
  if (stored.digest !== to.digest) {
    throw new DrydockError('mismatch', `prepare ${to.ref} for ${instance}: its digest differs from the plan`, {
      problems: [`its digest is ${stored.digest}, the plan names ${to.digest}`],
    });
  }
  const note = await noteOf(directories, plan, files);
  await writeReleaseNote(directories, instance, note); // first: the files in this note are removed with the candidate
  for (const [file, content] of Object.entries(files)) {
    await directories.write(instance, `${at}/blueprint/${file}`, content);
  }
  const local = await openInstance(directories, instance);
  const kept = parseEnv((await directories.read(instance, `${at}/.env`)) ?? '');
  const secrets = await secretValues(settings, plan.variables, kept);
  const values = { ...local.env, ...plan.variables.values, ...secrets };
  await directories.write(instance, `${at}/.env`, fillTemplate(files['.env.template'] ?? '', values), 0o600);
  for (const file of note.brought.files) await directories.write(instance, file, files[file] ?? '');
  const rendered = renderRelease(await renderingOf(drivers, await openRelease(directories, instance, to.colour)));
  await directories.write(instance, `${at}/docker-compose.yml`, rendered);
}

async function noteOf(
  directories: InstanceDirectories,
  plan: UpgradePlan,
  files: BlueprintFiles,
): Promise<ReleaseNote> {
  const earlier = await readReleaseNote(directories, plan.instance, plan.to.colour);
  if (earlier !== undefined) return earlier;
  const read = (file: string) => directories.read(plan.instance, file);
  // A copy has files of its own; they are added when the release starts on the copy.
  const missing = plan.way === 'beside' ? await missingFiles(read, files) : [];
  return {
    plan: plan.hash,
    by: procedureOfStep(),
    own: sideOf(plan.to),
    other: sideOf(plan.from),
    brought: { by: plan.to.colour, files: missing },
  };
}

function sideOf({ ref, digest, colour, generation }: UpgradePlan['to']): ReleaseSide {
  return { blueprint: { ref, digest }, colour, generation };
}

/** Files of a blueprint that become the client's own, if the client has no file of that name. */
export async function missingFiles(
  read: (file: string) => Promise<string | undefined>,
  files: BlueprintFiles,
): Promise<string[]> {
  const own = Object.keys(files).filter((file) => /^(config|data)\//.test(file));
  const there = await Promise.all(own.map(read));
  return own.filter((_, index) => there[index] === undefined).sort();
}

/** Removes the files that came with a candidate, unless somebody has changed them. */
export async function takeBackBrought(
  directories: InstanceDirectories,
  instance: string,
  colour: Colour,
): Promise<string[]> {
  const note = await readReleaseNote(directories, instance, colour);
  if (note?.brought.by !== colour) return [];
  const removed: string[] = [];
  for (const file of note.brought.files) {
    const shipped = await directories.read(instance, `${releaseDirectory(colour)}/blueprint/${file}`);
    const found = await directories.read(instance, file);
    if (found === undefined || found !== shipped) continue;
    await directories.removePath(instance, file);
    removed.push(file);
  }
  return removed;
}
