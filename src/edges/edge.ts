/**
 * The instance's own reverse proxy, controlled without reload. What is set is written to the map file first and then
 * told to the running proxy over its admin socket, so a restart keeps it; while the proxy does not run, the file alone
 * counts. Setting what is already set is success. `at` is always the instance's edge directory on the host: it holds
 * configuration, maps and admin socket and is mounted as a whole into the container.
 * Errors: `not-found` when the directory was never prepared, `unavailable` when the proxy runs but does not answer.
 */
export interface Edge {
  /**
   * Makes the directory, owned by the user the proxy runs as, and writes what is missing or differs. Maps that exist are
   * kept: mode and colour belong to whoever set them. `restart-needed` when a running proxy has another configuration.
   */
  prepare(at: string, files: EdgeFiles): Promise<'ready' | 'restart-needed'>;
  /**
   * Has a running proxy serve its present files without losing a connection or a request, and returns once it does. What
   * was begun before ends as it began, and each kept connection may be answered once more with the files of before;
   * mode, colour and draining hold for these as well. `unavailable` when the proxy does not take its files.
   */
  reload(at: string): Promise<void>;
  mode(at: string): Promise<EdgeMode>;
  setMode(at: string, mode: EdgeMode): Promise<void>;
  /**
   * Points every route at a colour, all in the same moment. When the proxy runs and the colour changes, it first waits
   * until the proxy knows an address for every route of that colour, at most ten seconds: `unhealthy` without one.
   */
  setColour(at: string, colour: EdgeColour): Promise<void>;
  colour(at: string): Promise<EdgeColour>;
  /**
   * What was asked of a colour since the proxy started or was reloaded. Nothing when it does not run. HAProxy keeps no sum
   * of times, so a mean over some time can only be made of looks that are no further apart than its last requests reach.
   */
  traffic(at: string, colour: EdgeColour): Promise<EdgeTraffic>;
  /** Waits until no write request is in flight, at most `timeoutMs`; returns how many were left. */
  drainWrites(at: string, timeoutMs: number, signal?: AbortSignal): Promise<{ left: number }>;
  /** Waits until a colour has no session at all, at most `timeoutMs`; returns how many were left. */
  drainColour(at: string, colour: EdgeColour, timeoutMs: number, signal?: AbortSignal): Promise<{ left: number }>;
}

export type EdgeMode = 'open' | 'read-only' | 'maintenance';
export type EdgeColour = 'blue' | 'green';

export interface EdgeTraffic {
  requests: number;
  /** Answers of 500 and above, and requests that no server answered. What the mode refuses is not among them. */
  errors: number;
  /** Mean time to the end of the answer of the last requests, 1024 of each route at most, in milliseconds. */
  averageMs: number;
}

export interface EdgeFiles {
  configuration: string;
  /** The script that answers what the mode does not let through. */
  refusal: string;
  colourMap: string;
  modeMap: string;
}
