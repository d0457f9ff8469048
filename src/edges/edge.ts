/**
 * The instance's own reverse proxy, controlled without reload. What is set is written to a file first and then told to the
 * running proxy, so a restart keeps it; while the proxy does not run, the file alone counts. Setting what is already set is
 * success. `at` is always the instance's edge directory on the host: it is mounted as a whole into the container.
 * Errors: `not-found` when the directory was never prepared, `unavailable` when the proxy runs but does not answer.
 */
export interface Edge {
  /** Longest time the proxy waits for an answer, in milliseconds: a request that takes longer is cut. */
  readonly longestAnswerMs: number;
  /**
   * Makes the directory, owned by the user the proxy runs as, and writes what is missing or differs. The mode and the colour of
   * an edge that is there already are kept: they belong to whoever set them. `restart-needed` when a running proxy has another configuration.
   */
  prepare(at: string, files: EdgeFiles): Promise<'ready' | 'restart-needed'>;
  /**
   * Makes a running proxy serve its present files without losing a connection or a request, and returns once it does.
   * Earlier requests end as they began, and each kept connection may get one more answer under the earlier files; mode,
   * colour and draining hold for these as well. `unavailable` when the proxy does not accept its files.
   */
  reload(at: string): Promise<void>;
  mode(at: string): Promise<EdgeMode>;
  setMode(at: string, mode: EdgeMode): Promise<void>;
  /**
   * Points all routes at a colour in the same moment. When the proxy runs and the colour changes, this first waits at
   * most ten seconds until the proxy knows an address for every route of that colour: `unhealthy` without one.
   */
  setColour(at: string, colour: EdgeColour): Promise<void>;
  colour(at: string): Promise<EdgeColour>;
  /**
   * What was asked of a colour since the proxy started or was reloaded. Nothing when it does not run. No sum of times is
   * kept, so a mean over some time can only be made of looks that are no further apart than its last requests reach.
   */
  traffic(at: string, colour: EdgeColour): Promise<EdgeTraffic>;
  /** Waits at most `timeoutMs` until no write request is in flight; returns the number left. */
  drainWrites(at: string, timeoutMs: number, signal?: AbortSignal): Promise<{ left: number }>;
  /** Waits at most `timeoutMs` until a colour has no session at all; returns the number left. */
  drainColour(at: string, colour: EdgeColour, timeoutMs: number, signal?: AbortSignal): Promise<{ left: number }>;
}

export type EdgeMode = 'open' | 'read-only' | 'maintenance';
export type EdgeColour = 'blue' | 'green';

export interface EdgeTraffic {
  requests: number;
  /** Answers of 500 and above, and requests that no server answered, but not the mode's refusals. */
  errors: number;
  /** Mean time to the end of an answer in milliseconds, over the last requests: at most 1024 of each route. */
  averageMs: number;
}

export interface EdgeFiles {
  /** What the proxy is started from, by the name of the file. */
  settings: Readonly<Record<string, string>>;
  /** What a new edge begins with. */
  initial: { mode: EdgeMode; colour: EdgeColour };
}
