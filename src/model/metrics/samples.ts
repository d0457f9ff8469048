import type { GaugeName, LabelsOf } from '../../contracts/metrics.ts';

/** One value of one gauge. */
export interface Sample {
  readonly name: GaugeName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A sample with exactly the labels that the metric declares. */
export function sample<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): Sample {
  return { name, labels, value };
}

/** A moment in ISO 8601 as Prometheus counts: seconds since 1970. */
export function secondsOf(instant: string): number {
  return Date.parse(instant) / 1000;
}
