import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import { ask, askMaybe, engineError, hasStatus } from './engine-errors.ts';

/** `digest` is the image's registry digest, or its id when it never came from a registry. */
export async function findImage(
  docker: Docker,
  reference: string,
): Promise<{ id: string; digest: string } | undefined> {
  const found = await askMaybe(`look for the image ${reference}`, () => docker.getImage(reference).inspect());
  if (found === undefined) return undefined;
  const digest = found.RepoDigests?.[0]?.split('@')[1];
  return { id: found.Id, digest: digest ?? found.Id };
}

export async function removeImage(docker: Docker, reference: string): Promise<void> {
  try {
    await docker.getImage(reference).remove();
  } catch (error) {
    if (hasStatus(error, 404)) return;
    const { message } = engineError(`remove the image ${reference}`, error);
    throw hasStatus(error, 409)
      ? new DrydockError('refused', message)
      : engineError(`remove the image ${reference}`, error);
  }
}

export async function ensureImage(docker: Docker, reference: string): Promise<void> {
  if ((await findImage(docker, reference)) !== undefined) return;
  const progress: NodeJS.ReadableStream = await ask(`pull the image ${reference}`, () => docker.pull(reference));
  // Only reading its progress to the end finishes the pull and shows whether it worked.
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error: unknown) =>
      error ? reject(engineError(`pull the image ${reference}`, error)) : resolve(),
    );
  });
}
