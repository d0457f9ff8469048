interface Files {
  readonly packageFile: string;
  readonly lockFile: string;
  readonly changelog: string;
}

/** A sentence for each place that does not know the version of the package. */
export function versionDoubts({ packageFile, lockFile, changelog }: Files): string[] {
  const { version } = JSON.parse(packageFile) as { version?: string };
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) return [`package.json: ${version} is no version`];
  const locked = (JSON.parse(lockFile) as { version?: string }).version;
  const headings = changelog.split('\n').filter((line) => line.startsWith('## '));
  return [
    ...(locked === version ? [] : [`package-lock.json: it has version ${locked}, package.json ${version}`]),
    ...(headings[0]?.split(/\s+/)[1] === version ? [] : [`CHANGELOG.md: its first heading is not ${version}`]),
  ];
}
