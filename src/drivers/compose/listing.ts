export type RunDocker = (args: readonly string[]) => Promise<string>;

/** The lines of a listing; none when there is nothing. */
export async function listed(docker: RunDocker, args: readonly string[]): Promise<string[]> {
  return (await docker(args)).split('\n').filter(Boolean);
}
