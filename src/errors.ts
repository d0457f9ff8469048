/**
 * One error class with a closed list of codes. For each code, the table gives the command's exit code and whether
 * trying again can help; docs/reference/exit-codes.md is generated from it.
 */
export const errorCodes = {
  'invalid-input': {
    retry: false,
    exitCode: 2,
    meaning: 'the request lacks something that it must say, or says something unknown',
  },
  'not-found': { retry: false, exitCode: 3, meaning: 'the named instance, set, blueprint or host does not exist' },
  refused: { retry: false, exitCode: 4, meaning: 'the plan found a reason not to begin; nothing was touched' },
  'already-exists': { retry: false, exitCode: 4, meaning: 'the name or version is taken by something else' },
  'not-ours': {
    retry: false,
    exitCode: 4,
    meaning: 'the object exists but does not carry our labels or paths; it is left alone',
  },
  'not-confirmed': {
    retry: false,
    exitCode: 4,
    meaning: 'something destructive was asked for without its confirmation',
  },
  'lease-lost': {
    retry: false,
    exitCode: 5,
    meaning: 'another procedure has taken over the instance; this one may no longer write',
  },
  'lease-timeout': {
    retry: false,
    exitCode: 5,
    meaning: 'the instance stayed busy for longer than this request may wait',
  },
  damaged: {
    retry: false,
    exitCode: 6,
    meaning: 'an artifact or manifest is not what was written: size, digest or content differ',
  },
  'cannot-decrypt': { retry: false, exitCode: 6, meaning: 'the configured identity does not open this set' },
  mismatch: { retry: false, exitCode: 6, meaning: 'the restored or live content differs from what it must be' },
  unhealthy: {
    retry: false,
    exitCode: 7,
    meaning: 'a container did not become healthy, or a smoke or verify step failed',
  },
  'tool-failed': { retry: true, exitCode: 7, meaning: 'a store tool or Compose ended with an error' },
  'migration-failed': {
    retry: false,
    exitCode: 7,
    meaning: 'a migration ended with an error and would do so again; what it has done stays',
  },
  unavailable: {
    retry: true,
    exitCode: 8,
    meaning: 'a system did not answer: Docker, a store, the object store, Temporal',
  },
  'no-space': { retry: false, exitCode: 4, meaning: 'not enough disk or memory for what was asked' },
  'not-approved': {
    retry: false,
    exitCode: 9,
    meaning: 'a plan was rejected, was not approved in time, or no longer fits the instance; what was begun is undone',
  },
  internal: { retry: false, exitCode: 1, meaning: 'a defect in Drydock' },
} as const satisfies Record<string, { retry: boolean; exitCode: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * The only error class of Drydock. The message states the attempt, the object and the observation; lower case, no full
 * stop. `next` says what to do. `problems` lists every problem when there are several.
 */
export class DrydockError extends Error {
  readonly code: ErrorCode;
  readonly next: string | undefined;
  readonly problems: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { next?: string | undefined; problems?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DrydockError';
    this.code = code;
    this.next = options.next;
    this.problems = options.problems ?? [];
  }
}

/** The text for an operator: message, then every problem, then what to do. */
export function describeError(error: unknown): string {
  if (!(error instanceof DrydockError)) return error instanceof Error ? error.message : String(error);
  const problems = error.problems.map((problem) => `\n  - ${problem}`).join('');
  const next = error.next === undefined ? '' : `\n  → ${error.next}`;
  return `${error.message}${problems}${next}`;
}
