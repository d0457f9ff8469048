import { readFile } from 'node:fs/promises';
import { parseEnv } from '../../model/instance/env-file.ts';
import { absent } from '../notes.ts';

const secretName = /PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH/i;
const shortestSecret = 6;

/** Values of a `.env` file whose names suggest secrets: masked where Compose or a container repeats them. */
export async function secretsIn(envFile: string): Promise<string[]> {
  const content = await readFile(envFile, 'utf8').catch(absent('')); // Compose reports a missing env file itself.
  return Object.entries(parseEnv(content)).flatMap(([name, value]) =>
    secretName.test(name) && value.length >= shortestSecret ? [value] : [],
  );
}
