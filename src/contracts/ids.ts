import { z } from 'zod';

/** Name of an instance: also the middle of project, volume and object names, so it is short and plain. */
export const InstanceName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,29}[a-z0-9]$/,
    'must be 2–31 characters of a–z, 0–9 and -, beginning with a letter, not ending with -',
  )
  .describe('Name of an instance: 2–31 characters of a–z, 0–9 and -, beginning with a letter')
  .brand<'InstanceName'>();
export type InstanceName = z.infer<typeof InstanceName>;

/** What an instance is, whatever it is called: a ULID, made once at provision and never used again. */
export const InstanceId = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be the id of an instance, such as 01K9D2T4N6QX8ZB3C5E7G9J1KM')
  .describe('Id of an instance, such as 01K9D2T4N6QX8ZB3C5E7G9J1KM: made once, and never used again')
  .brand<'InstanceId'>();
export type InstanceId = z.infer<typeof InstanceId>;

/** An instance: its name, which another may have had before, and its id, which no other ever has. */
export const Identity = z.strictObject({ instance: InstanceName, id: InstanceId });
export type Identity = z.infer<typeof Identity>;

/** The instance that a lease, a plan, a record or a manifest is of. */
export function identityOf({ instance, id }: Identity): Identity {
  return { instance, id };
}

/** Name of a host: the task queue of its worker is `drydock-host-<name>`. */
export const HostName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, 'must be 1–30 characters of a–z, 0–9 and -, beginning with a letter')
  .describe('Name of a host: 1–30 characters of a–z, 0–9 and -, beginning with a letter')
  .brand<'HostName'>();
export type HostName = z.infer<typeof HostName>;

export const Version = z
  .string()
  .regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 1.0.0')
  .describe('Version of three numbers, such as 1.0.0')
  .brand<'Version'>();
export type Version = z.infer<typeof Version>;

/** `osmose@1.0.0` */
export const BlueprintRef = z
  .string()
  .regex(/^[a-z][a-z0-9-]*@\d+\.\d+\.\d+$/, 'must name a blueprint and a version, such as osmose@1.0.0')
  .describe('Blueprint and version, such as osmose@1.0.0')
  .brand<'BlueprintRef'>();
export type BlueprintRef = z.infer<typeof BlueprintRef>;

/** Sortable UTC time and eight random hex digits: `20261121T030000Z-1a2b3c4d`. */
export const SetId = z
  .string()
  .regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/, 'must be a set id such as 20261121T030000Z-1a2b3c4d')
  .describe('Id of a recovery set, such as 20261121T030000Z-1a2b3c4d')
  .brand<'SetId'>();
export type SetId = z.infer<typeof SetId>;

/** How a set is chosen that is not named by its id. */
export const SetChoice = z.enum(['latest', 'random', 'least-recently-verified']);
export type SetChoice = z.infer<typeof SetChoice>;

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex')
  .describe('SHA-256 in hex')
  .brand<'Sha256'>();
export type Sha256 = z.infer<typeof Sha256>;

/** Compose service names and the names of stores and variables in a blueprint. */
export const ServiceName = z.string().regex(/^[a-z][a-z0-9_-]*$/, 'must be a service name');
export const VariableName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be a variable name in capitals');

/** Generation of the store volumes of an instance: 1, 2, … */
export const Generation = z.int().positive().describe('Generation of the store volumes').brand<'Generation'>();
export type Generation = z.infer<typeof Generation>;

export const Colour = z.enum(['blue', 'green']);
export type Colour = z.infer<typeof Colour>;

export const Tier = z.enum(['standard', 'premium']);
export type Tier = z.infer<typeof Tier>;

/** The requests that the edge passes: all, reads only, or none. */
export const EdgeMode = z.enum(['open', 'read-only', 'maintenance']);
export type EdgeMode = z.infer<typeof EdgeMode>;

/** A moment in UTC, ISO 8601 with milliseconds. */
export const Instant = z.iso.datetime().describe('A moment in UTC, ISO 8601');
export type Instant = z.infer<typeof Instant>;

/** A weekly window in UTC, such as `sun 02:00-06:00 UTC`; an end before the beginning means the next day. */
export const MaintenanceWindow = z
  .string()
  .regex(
    /^(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d UTC$/,
    'must be a day and two times in UTC, such as sun 02:00-06:00 UTC',
  )
  .describe('Weekly window, such as sun 02:00-06:00 UTC');
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/** A duration in a blueprint. */
export const Duration = z.string().regex(/^\d+[smhd]$/, 'must be a duration such as 30m, 24h or 7d');
