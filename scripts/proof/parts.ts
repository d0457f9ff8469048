/** A part of the long proof: what it proves, and the command that does it. */
export interface Part {
  readonly name: string;
  readonly proves: string;
  readonly command: readonly string[];
}

/** A part whose tests lie in a folder of its name. */
function tests(name: string, proves: string): Part {
  return { name, proves, command: ['vitest', 'run', '--project', 'proof', `test/proof/${name}/`] };
}

export const parts: readonly Part[] = [
  tests('kills-backup', 'a backup ends with a whole set, whichever step its host worker dies in'),
  tests('kills-restore', 'a restore ends with the data of the set, whichever step its host worker dies in'),
  tests('kills-restore-as', 'a new instance has the data of the set, whichever step its host worker dies in'),
  tests('kills-upgrade', 'an upgrade ends with the new release, whichever step its host worker dies in'),
  tests('kills-upgrade-on-copy', 'an upgrade on a copy ends with whole data, whichever step its host worker dies in'),
  tests('kills-rollback', 'going back ends with the old release, whichever step its host worker dies in'),
  tests('kills-drill', 'a drill ends with one record and nothing left, whichever step its host worker dies in'),
  tests(
    'kills-provision',
    'an instance serves, and later nothing of it is left, whichever step its host worker dies in',
  ),
  tests('kills-care', 'what looks after an instance leaves it as it was, whichever step its host worker dies in'),
  tests('kills-upgrade-plane', 'an upgrade survives the control worker, the edge and Temporal, after every step'),
  tests('kills-temporal', 'a backup and a restore survive two deaths of Temporal'),
  tests('damaged-sets', 'a set that is damaged in any way is refused before the instance is touched'),
  tests('drill', 'a drill beside an instance that serves: its clients hardly feel it, and it fails when it should'),
  tests('nights', 'a night on a real plane, and the runbooks of nights, reports and tiers'),
  tests('month-of-nights-every-zone', 'in every time zone each job of a month is done once, also when clocks change'),
  tests('lost-temporal', 'instances are known again after Temporal lost its data'),
  tests('team', 'docker-compose.temporal.yml does what its runbook says'),
  tests('plain-client', 'a client that knows only names starts and watches every procedure'),
  tests('upgrade-broken', 'releases that are broken in all known ways leave the old one serving'),
  tests('upgrade-load', 'clients that ask while an instance is upgraded lose no acknowledged write'),
  tests('upgrade-runbook', 'every command and request of the runbook of upgrades'),
  tests('provisioning', 'provisioning that cannot succeed says why and leaves nothing'),
  tests('by-hand', 'an instance is recovered from its set with plain tools'),
  tests('runbooks', 'the runbooks of drills, care and restores, typed word by word'),
  tests('lease', 'procedures that want the same instance take turns, and a dead holder is noticed'),
  tests('drivers-full', 'Neo4j is captured after kills, from clones, and cleaned in flat memory'),
  {
    name: 'engine-oldest',
    proves: 'the demonstration and the drivers of Docker on the oldest supported engine, 20.10',
    command: ['scripts/proof/on-engine', 'oldest'],
  },
  {
    name: 'engine-newest',
    proves: 'the demonstration and the drivers of Docker on the newest engine that can be built',
    command: ['scripts/proof/on-engine', 'newest'],
  },
  {
    name: 'bench-small',
    proves: 'everything that is measured can be measured; the figures say nothing',
    command: ['bench/run', '--small'],
  },
];
