import { z } from 'zod';
import type { Instant } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { StepEvent } from '../../contracts/progress.ts';
import type { Closure, ReadOnlyTime } from '../../contracts/report.ts';
import { eventsOf } from './step-events.ts';

const AsNew = z.looseObject({ as: z.string() });
const Captured = z.looseObject({ stores: z.array(z.looseObject({ unavailableMs: z.number() })) });

/** A restore as a new instance: nothing served before the restore. */
export function madeAsNew({ procedure, request }: JournalEntry): boolean {
  return procedure === 'restore' && AsNew.safeParse(request).success;
}

/** Every time in which a run closed the edge or left nothing behind it; runs that were undone included. */
export function closuresOf(entry: JournalEntry): Closure[] {
  if (madeAsNew(entry)) return [];
  const { procedure, workflowId, steps, endedAt } = entry;
  const found: Closure[] = [];
  let since: Instant | undefined;
  const closed = (from: Instant, to: Instant, end: Closure['end']) =>
    found.push({ from, ms: between(from, to), procedure, workflowId, end });
  for (const { kind, at } of eventsOf(steps)) {
    if (kind === 'edge-closed' || kind === 'serving-stopped') since ??= at;
    else if (since !== undefined && (kind === 'reads-admitted' || kind === 'edge-opened')) {
      closed(since, at, 'known');
      since = undefined;
    }
  }
  if (since !== undefined) closed(since, endedAt, 'unknown');
  return found;
}

/** How long writes were refused, by who asked. `before` is the last switch by an operator before these entries. */
export function readOnlyTimes(
  entries: readonly JournalEntry[],
  period: { from: Instant; to: Instant },
  before?: JournalEntry,
): ReadOnlyTime[] {
  const barrier = ['barrier-raised', 'barrier-lowered'] as const;
  const hold = ['read-only-held', 'read-only-released'] as const;
  const of = (wanted: string) => entries.filter(({ procedure }) => procedure === wanted);
  const backups = of('backup').flatMap(({ steps, endedAt }) => spans(eventsOf(steps), barrier, endedAt));
  const upgrades = of('upgrade').flatMap(({ steps, endedAt }) => spans(eventsOf(steps), hold, endedAt));
  // An operator's hold outlives the run that began it.
  const switches = [...(before === undefined ? [] : [before]), ...of('readOnly')].flatMap(({ steps }) =>
    eventsOf(steps),
  );
  const operators = spans(
    switches.map((event) => notBefore(period.from, event)),
    hold,
    period.to,
  );
  const all = [
    { by: 'backups' as const, ms: backups },
    { by: 'upgrades' as const, ms: upgrades },
    { by: 'operators' as const, ms: operators },
  ];
  return all
    .filter(({ ms }) => ms.length > 0)
    .map(({ by, ms }) => ({ by, times: ms.length, ms: ms.reduce((sum, one) => sum + one, 0) }));
}

/** How long a backup kept its slowest store from being read, in milliseconds. */
export function capturePauseMs({ procedure, result }: JournalEntry): number {
  const captured = Captured.safeParse(result);
  if (procedure !== 'backup' || !captured.success) return 0;
  return Math.round(Math.max(0, ...captured.data.stores.map(({ unavailableMs }) => unavailableMs)));
}

type Kind = StepEvent['kind'];

/** From each event of the first kind to the next of the second; a span without a second event lasts until the end. */
function spans(events: readonly StepEvent[], [begins, ends]: readonly [Kind, Kind], end: Instant): number[] {
  const found: number[] = [];
  let since: Instant | undefined;
  for (const { kind, at } of events) {
    if (kind === begins) since ??= at;
    else if (kind === ends && since !== undefined) {
      found.push(between(since, at));
      since = undefined;
    }
  }
  return since === undefined ? found : [...found, between(since, end)];
}

function notBefore(from: Instant, event: StepEvent): StepEvent {
  return event.at < from ? { ...event, at: from } : event;
}

function between(from: Instant, to: Instant): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
