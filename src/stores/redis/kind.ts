import { z } from 'zod';
import { inVolume } from '../../contracts/blueprint-parts.ts';
import { VariableName } from '../../contracts/ids.ts';
import type { StoreKind } from '../kind.ts';

const spec = z.strictObject({
  kind: z.literal('redis'),
  ...inVolume,
  passwordFrom: VariableName.optional().describe('Secret variable that holds the password'),
});
export type KeySpec = z.infer<typeof spec>;

const contents = z.strictObject({ kind: z.literal('redis'), keys: z.int(), expiring: z.int() });
export type KeyContents = z.infer<typeof contents>;

export const redis = {
  name: 'redis',
  spec,
  contents,
  frozen: 'while-written',

  secretOf: ({ passwordFrom }) => passwordFrom,
  /** Keys with an expiry may have expired since the set was made: only their number may shrink. */
  differences(expected, found) {
    const lasting = expected.keys - expected.expiring;
    const foundLasting = found.keys - found.expiring;
    return [
      ...(lasting === foundLasting ? [] : [`keys without expiry: ${lasting} expected, ${foundLasting} found`]),
      ...(found.expiring > expected.expiring
        ? [`keys with expiry: at most ${expected.expiring} expected, ${found.expiring} found`]
        : []),
    ];
  },
  describe: ({ keys, expiring }) => `${keys} keys (${expiring} expiring)`,
  upgradeRefusal: (from, to) =>
    to.major <= from.major + 1 ? undefined : 'Redis is upgraded one major version at a time',
} as const satisfies StoreKind<KeySpec, KeyContents>;
