import type { Traffic, UpgradePlan } from '../../contracts/upgrade.ts';

/**
 * What got worse than allowed since a release took over, in words; undefined when all is well. The error rate may
 * exceed the former one by the threshold, the mean latency by the factor; latency below the floor is always good
 * enough. Fewer requests than the minimum say nothing, before or after.
 */
export function judgeTraffic(before: Traffic, after: Traffic, thresholds: UpgradePlan['watch']): string[] {
  const { minimumRequests } = thresholds;
  if (after.requests < minimumRequests) return [];
  const known = before.requests < minimumRequests ? undefined : before;
  return [...errorProblems(known, after, thresholds), ...latencyProblems(known, after, thresholds)];
}

function errorProblems(
  before: Traffic | undefined,
  after: Traffic,
  { errorRate }: Pick<UpgradePlan['watch'], 'errorRate'>,
): string[] {
  const rateBefore = before === undefined ? 0 : rateOf(before);
  const allowed = rateBefore + errorRate;
  if (rateOf(after) <= allowed) return [];
  return [
    `${after.errors} of ${after.requests} requests failed (${percent(rateOf(after))}); ` +
      `${percent(allowed)} are allowed, ${percent(rateBefore)} as before and ${percent(errorRate)} more`,
  ];
}

function latencyProblems(
  before: Traffic | undefined,
  after: Traffic,
  { latencyFactor, latencyFloorMs }: Pick<UpgradePlan['watch'], 'latencyFactor' | 'latencyFloorMs'>,
): string[] {
  if (before === undefined) return [];
  const allowed = Math.max(latencyFloorMs, before.averageMs * latencyFactor);
  if (after.averageMs <= allowed) return [];
  return [
    `answers took ${Math.round(after.averageMs)} ms on average; ${Math.round(allowed)} ms are allowed, before it was ` +
      `${Math.round(before.averageMs)} ms`,
  ];
}

function rateOf({ requests, errors }: Traffic): number {
  return requests === 0 ? 0 : errors / requests;
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)} %`;
}
