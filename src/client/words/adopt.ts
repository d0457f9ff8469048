import type { AdoptReport } from '../../contracts/adopt.ts';

export function describeAdoption({ host, adopted, known }: AdoptReport): string {
  const lines = adopted.flatMap(({ instance, settled }) => [
    `${instance} is known again, and serves as it should`,
    ...settled.map((done) => `  ${done}`),
  ]);
  if (known.length > 0) lines.push(`known all along: ${known.join(', ')}`);
  return lines.length === 0 ? `host ${host} has no instances` : lines.join('\n');
}
