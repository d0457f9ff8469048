import { readFile } from 'node:fs/promises';

const secretName = /PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH/i;
const shortestSecret = 6;

/** Values of a `.env` file whose names suggest secrets: masked where Compose or a container repeats them. */
export async function secretsIn(envFile: string): Promise<string[]> {
  const content = await readFile(envFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Compose reports a missing env file itself.
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return content.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const plain = value.replace(/^(['"])(.*)\1$/, '$2');
    return secretName.test(name) && plain.length >= shortestSecret ? [plain] : [];
  });
}
