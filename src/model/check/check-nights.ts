import type { Blueprint } from '../../contracts/blueprint.ts';
import { brokenDays, isZone } from '../nights/zones.ts';
import type { LineOf } from './read-contract.ts';

/** Problems that would only show on a night when clocks change. */
export function nightProblems({ nights }: Blueprint, lineOf: LineOf): string[] {
  return zoneProblems(nights).map((problem) => `${lineOf('nights')}: ${problem}`);
}

function zoneProblems({ begin, hours, zone }: Blueprint['nights']): string[] {
  if (!isZone(zone)) return [`there is no zone ${zone}`];
  const [hour = 0, minute = 0] = begin.split(':').map(Number);
  const broken = brokenDays(zone, hour * 60 + minute, hours * 60);
  if (broken.length === 0) return [];
  return [
    `clocks in ${zone} change within ${hours} h after ${begin}, first on ${broken[0]}: a job could be left out; begin later or use UTC`,
  ];
}
