/**
 * The instance's own reverse proxy, controlled without reload. Settings are written to the map file first and then told
 * to the running proxy over its admin socket, so they survive a restart; while the proxy does not run, the file alone
 * counts. Setting the present value again is success. `at` is always the instance's edge directory on the host: it
 * holds configuration, maps and admin socket and is mounted as a whole into the container. Errors: `not-found` when the
 * directory was never prepared, `unavailable` when the proxy runs but does not answer.
 */
export interface Edge {
  /**
   * Makes the directory, owned by the proxy's user, and writes missing or differing files. Existing maps are kept: mode
   * and colour belong to whoever set them. `restart-needed` when a running proxy has another configuration.
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
   * Requests to a colour since the proxy's start or reload. Undefined when the proxy does not run. HAProxy keeps no sum
   * of times, so a mean over a longer time needs looks no further apart than HAProxy's last requests reach.
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
  configuration: string;
  /** The script that answers requests refused by the mode. */
  refusal: string;
  colourMap: string;
  modeMap: string;
}
