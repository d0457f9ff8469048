import { randomBytes } from 'node:crypto';

/** A readable run id: `backup-pharma-20261121T030000Z-ab12`. */
export function freshWorkflowId(
  procedure: string,
  subject: string,
  now: Date = new Date(),
  random: string = randomBytes(2).toString('hex'),
): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${kebab(procedure)}-${subject.replace(/[^A-Za-z0-9.]+/g, '-')}-${time}-${random}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
