import { z } from 'zod';
import type { Instant } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type { Closure, ReadOnlyTime } from '../../contracts/report.ts';

/** Steps that close the edge, and those after which reads pass again. */
const closes = 'close edge';
const opens: readonly string[] = ['admit reads', 'open edge'];
/** Undo of an exchange: it closes the edge if it is open, and opens it at its end. */
const exchangedBack = /^serve generation \d+ again$/;

const closing: readonly string[] = ['restore', 'upgrade', 'rollback'];

const AsNew = z.looseObject({ as: z.string() });
const Unavailable = z.looseObject({ unavailableMs: z.number() });
const Captured = z.looseObject({ stores: z.array(z.looseObject({ unavailableMs: z.number() })) });
const Switched = z.looseObject({ state: z.enum(['on', 'off']) });

/** A restore as a new instance: nothing served before it. */
export function madeAsNew({ procedure, request }: JournalEntry): boolean {
  return procedure === 'restore' && AsNew.safeParse(request).success;
}

/** Every time in which a run let nothing through the edge, also one that was undone. In milliseconds. */
export function closuresOf(entry: JournalEntry): Closure[] {
  const { procedure, workflowId, outcome, result, steps, endedAt } = entry;
  if (!closing.includes(procedure) || madeAsNew(entry)) return [];
  const found: Closure[] = [];
  let since: Instant | undefined;
  const closed = (from: Instant, to: Instant, end: Closure['end']) =>
    found.push({ from, ms: between(from, to), procedure, workflowId, end });
  for (const { name, state, startedAt, endedAt: until } of steps) {
    if (until === undefined) continue;
    if (name === closes && state === 'done') since = until;
    else if (exchangedBack.test(name)) {
      closed(since ?? startedAt, until, state === 'undone' ? 'known' : 'unknown');
      since = undefined;
    } else if (since !== undefined && opens.includes(name) && state === 'done') {
      closed(since, until, 'known');
      since = undefined;
    }
  }
  if (since !== undefined) closed(since, endedAt, 'unknown');
  const said = Unavailable.safeParse(result);
  const [only, ...others] = found;
  // The host's own clock is exact; what steps say includes the way to the host and back.
  if (outcome === 'done' && said.success && only !== undefined && others.length === 0) {
    return [{ ...only, ms: Math.round(said.data.unavailableMs) }];
  }
  return found;
}

/** How long writes were refused, by who wanted it. `before` is the last switch by an operator before these entries. */
export function readOnlyTimes(
  entries: readonly JournalEntry[],
  period: { from: Instant; to: Instant },
  before?: JournalEntry,
): ReadOnlyTime[] {
  const backups = entries.flatMap(({ procedure, steps }) =>
    procedure === 'backup' ? spans(steps, 'raise barrier', ['lower barrier', 'serve writes again']) : [],
  );
  const upgrades = entries.flatMap(({ procedure, steps }) =>
    procedure === 'upgrade' ? spans(steps, 'hold read only', ['release read only', 'admit writes again']) : [],
  );
  const all = [
    { by: 'backups' as const, ms: backups },
    { by: 'upgrades' as const, ms: upgrades },
    { by: 'operators' as const, ms: operatorSpans([...(before === undefined ? [] : [before]), ...entries], period) },
  ];
  return all
    .filter(({ ms }) => ms.length > 0)
    .map(({ by, ms }) => ({ by, times: ms.length, ms: ms.reduce((sum, one) => sum + one, 0) }));
}

/** How long the store that took longest could not be read while a backup captured it, in milliseconds. */
export function capturePauseMs({ procedure, result }: JournalEntry): number {
  const captured = Captured.safeParse(result);
  if (procedure !== 'backup' || !captured.success) return 0;
  return Math.round(Math.max(0, ...captured.data.stores.map(({ unavailableMs }) => unavailableMs)));
}

function spans(steps: readonly StepRecord[], begins: string, ends: readonly string[]): number[] {
  const found: number[] = [];
  let since: Instant | undefined;
  for (const { name, endedAt } of steps) {
    if (endedAt === undefined) continue;
    if (name === begins) since ??= endedAt;
    else if (since !== undefined && ends.includes(name)) {
      found.push(between(since, endedAt));
      since = undefined;
    }
  }
  return found;
}

function operatorSpans(entries: readonly JournalEntry[], { from, to }: { from: Instant; to: Instant }): number[] {
  const found: number[] = [];
  let since: Instant | undefined;
  for (const { procedure, outcome, request, endedAt } of entries) {
    const switched = Switched.safeParse(request);
    if (procedure !== 'readOnly' || outcome !== 'done' || !switched.success) continue;
    if (switched.data.state === 'on') since ??= endedAt < from ? from : endedAt;
    else if (since !== undefined) {
      found.push(between(since, endedAt));
      since = undefined;
    }
  }
  return since === undefined ? found : [...found, between(since, to)];
}

function between(from: Instant, to: Instant): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
