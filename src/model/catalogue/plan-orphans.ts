import type { SetId } from '../../contracts/ids.ts';
import type { OrphanDecision } from '../../contracts/retention.ts';
import {
  ageInWords,
  type Fragment,
  type RetentionObservation,
  timeOfSet,
  type UnfinishedUpload,
} from './retention-observation.ts';

/** Chooses the orphans to delete: none that is young, and none that an open run works on. */
export function decideOrphans(observed: RetentionObservation): OrphanDecision[] {
  return [
    ...observed.fragments.map((fragment) => decideFragment(fragment, observed)),
    ...observed.uploads.map((upload) => decideUpload(upload, observed)),
  ];
}

function decideFragment(fragment: Fragment, observed: RetentionObservation): OrphanDecision {
  const { set, objects, sizeBytes, newestAt, from } = fragment;
  const kept =
    usedBy(set, observed) ??
    (from === 'removal' ? undefined : tooYoung(Math.max(Date.parse(newestAt), timeOfSet(set)), observed));
  const goes =
    from === 'removal'
      ? 'a removal of this set did not end'
      : `artifacts without a manifest, the youngest ${ageInWords(Date.parse(observed.now) - Date.parse(newestAt))} old`;
  return { set, kind: 'artifacts', objects, sizeBytes, verdict: kept ? 'keep' : 'delete', reasons: [kept ?? goes] };
}

function decideUpload(
  { set, key, uploadId, initiatedAt }: UnfinishedUpload,
  observed: RetentionObservation,
): OrphanDecision {
  const kept = usedBy(set, observed) ?? tooYoung(Date.parse(initiatedAt), observed);
  const goes = `unfinished upload, begun ${ageInWords(Date.parse(observed.now) - Date.parse(initiatedAt))} ago`;
  const what = { set, kind: 'upload', key, uploadId, objects: 1, sizeBytes: 0 } as const;
  return { ...what, verdict: kept ? 'keep' : 'delete', reasons: [kept ?? goes] };
}

function usedBy(set: SetId, { openRuns }: RetentionObservation): string | undefined {
  const run = openRuns.find((open) => open.set === set);
  return run === undefined ? undefined : `${run.procedure} (${run.workflowId}) works on this set`;
}

function tooYoung(since: number, { now, basis }: RetentionObservation): string | undefined {
  const graceHours = basis.rules.orphanGraceHours;
  if (Date.parse(now) - since > graceHours * 3_600_000) return undefined;
  return `not older than ${graceHours} h: a backup may still be writing it`;
}
