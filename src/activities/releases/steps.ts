import type { HostDeclarations } from '../step-declaration.ts';

export const releaseSteps = {
  planUpgrade: { title: 'plan upgrade', policy: 'long' },
  checkUnchanged: { title: 'check unchanged', policy: 'short' },
  planCopy: { title: 'plan copy', policy: 'short' },
  planRollback: { title: 'plan rollback', policy: 'short' },
  prepareRelease: { title: 'prepare release', policy: 'long' },
  startRelease: { title: 'start release', policy: 'long' },
  smokeRelease: {
    title: 'smoke release',
    policy: 'long',
    event: (_, { plan }) => ({ kind: 'release-smoked', colour: plan.to.colour }),
  },
  stopRelease: { title: 'stop release', subject: ({ colour }) => colour, policy: 'long' },
  removeRelease: { title: 'remove release', subject: ({ colour }) => colour, policy: 'long' },
  stopWriters: { title: 'stop writers', subject: ({ colour }) => colour, policy: 'long' },
  routeTo: {
    title: 'route to',
    subject: ({ colour }) => colour,
    policy: 'short',
    event: ({ at }, { colour }) => ({ kind: 'traffic-moved', colour, at }),
  },
  drainRelease: { title: 'drain release', subject: ({ colour }) => colour, policy: 'long' },
  exchangeRelease: { title: 'exchange release', subject: ({ colour }) => colour, policy: 'short' },
  migrate: { title: 'migrate', subject: ({ migration }) => migration.name, policy: 'long' },
  startReleaseOnCopy: { title: 'start release on copy', policy: 'long' },
  smokeReleaseOnCopy: { title: 'smoke release on copy', policy: 'long' },
  noteContents: { title: 'note contents', subject: ({ generation }) => generation, policy: 'long' },
  countWritten: { title: 'count written', subject: ({ generation }) => generation, policy: 'long' },
  measureTraffic: { title: 'measure traffic', subject: ({ colour }) => colour, policy: 'long' },
  watchRelease: { title: 'watch release', policy: 'long' },
} satisfies Partial<HostDeclarations>;
