/**
 * The Compose command: it owns the lifecycle of containers and networks. A project is a directory with a
 * `docker-compose.yml` and a `.env`. Only `up` and `run` read these files; every other method finds containers by their
 * labels, so it also works for services that the file no longer names. Errors: `tool-failed` with Compose's last lines;
 * `unhealthy` when `up` waited in vain, with a problem per container and the end of its log. Secrets of the `.env` are
 * masked in both. `not-ours`, before any change, names the project's containers and networks without its labels.
 */
export interface Compose {
  /**
   * Compose's model of a file, as JSON, with the services of every profile. `interpolated: false` keeps `${VARIABLES}`
   * and `$$`, so the model holds no secret; paths, ports, sizes and numbers stay as written, and no env file is read.
   * `true` resolves everything, with variables from the given env file alone, and needs the files of `env_file`: for
   * checks that stay in memory.
   */
  config(file: ComposeFile, options: { interpolated: boolean }): Promise<ComposeModel>;
  /**
   * `up -d --wait`: creates or changes what differs and waits for health. Without `services`: all. Repeating changes
   * nothing. `deps: 'without'` touches only the named services, even when their dependencies differ from the file.
   * `until: 'started'` does not wait for the health of services that no other service needs.
   */
  up(project: ComposeProject, options: UpOptions, signal?: AbortSignal): Promise<void>;
  /**
   * Runs a command in a one-off container of a service, without the service's dependencies, and removes the container;
   * the container of a killed run is removed first. `tool-failed` with the last lines when the command fails.
   */
  run(
    project: ComposeProject,
    job: { service: string; command: readonly string[] },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Stops services with their own grace period; stopped or absent is success. */
  stop(project: ComposeProject, services: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Removes the given services' containers; absent is success. */
  remove(project: ComposeProject, services: readonly string[]): Promise<void>;
  /** Removes all containers and networks of a project, never volumes; absent is success. */
  down(project: ComposeProject, signal?: AbortSignal): Promise<void>;
}

export interface UpOptions {
  services?: readonly string[];
  timeoutSeconds: number;
  deps?: 'with' | 'without';
  until?: 'healthy' | 'started';
}

export interface ComposeFile {
  directory: string;
  /** Relative to `directory`; `docker-compose.yml` by default. */
  file?: string;
  /** Relative to `directory`; `.env` by default. */
  envFile?: string;
}

export interface ComposeProject {
  name: string;
  /** Labels of everything in the project. Nothing is touched when a container or network of the project lacks them. */
  labels: Readonly<Record<string, string>>;
  /** Relative paths in the file begin here. */
  directory: string;
  /** Relative to `directory`; `docker-compose.yml` by default. */
  file?: string;
  /** Relative to `directory`; `.env` by default. */
  envFile?: string;
}

/** As printed by `docker compose config --format json`; only what rendering reads is typed. */
export interface ComposeModel {
  name?: string;
  services: Record<string, ComposeService>;
  networks?: Record<string, Record<string, unknown> | null>;
  volumes?: Record<string, Record<string, unknown> | null>;
  [key: string]: unknown;
}

export interface ComposeService {
  image?: string;
  networks?: Record<string, Record<string, unknown> | null>;
  volumes?: { type: string; source?: string; target: string; read_only?: boolean; [key: string]: unknown }[];
  depends_on?: Record<string, Record<string, unknown>>;
  labels?: Record<string, string>;
  healthcheck?: Record<string, unknown>;
  deploy?: { resources?: { limits?: { memory?: string | number; cpus?: string | number } } };
  [key: string]: unknown;
}
