import type { ControlDeclarations, HostDeclarations } from '../step-declaration.ts';

export const setSteps = {
  planBackup: { title: 'plan backup', policy: 'short' },
  planRestore: { title: 'plan restore', policy: 'short' },
  freezeStore: { title: 'freeze store', subject: ({ store }) => store, policy: 'long' },
  thawStores: { title: 'thaw stores', policy: 'long' },
  captureStore: { title: 'capture store', subject: ({ store }) => store, policy: 'long' },
  checkStore: { title: 'check store', subject: ({ store }) => store, policy: 'long' },
  loadStore: { title: 'load store', subject: ({ store }) => store, policy: 'long' },
  loadRunningStore: { title: 'load running store', subject: ({ store }) => store, policy: 'long' },
  initStores: { title: 'init stores', policy: 'long' },
  captureEnvironment: { title: 'capture environment', policy: 'long' },
  sealArtifacts: { title: 'seal artifacts', subject: ({ store }) => store, policy: 'long' },
  uploadArtifacts: { title: 'upload artifacts', subject: ({ store }) => store, policy: 'long' },
  readBackArtifacts: { title: 'read back artifacts', subject: ({ store }) => store, policy: 'long' },
  describeSet: { title: 'describe set', policy: 'short' },
  fetchArtifacts: {
    title: 'fetch artifacts',
    subject: ({ store }) => store,
    policy: 'long',
    event: (_, { store }) => ({ kind: 'artifacts-fetched', store }),
  },
  inheritEnvironment: { title: 'inherit environment', policy: 'short' },
  discardStaging: { title: 'discard staging', policy: 'short' },
  createGeneration: { title: 'create generation', policy: 'short' },
  startGeneration: { title: 'start generation', policy: 'long' },
  startBuiltStore: { title: 'start built store', subject: ({ store }) => store, policy: 'long' },
  compareStore: {
    title: 'compare store',
    subject: ({ store }) => store,
    policy: 'long',
    event: (_, { store }) => ({ kind: 'store-compared', store }),
  },
  verifyGeneration: { title: 'verify generation', policy: 'long' },
  stopGeneration: { title: 'stop generation', subject: ({ generation }) => generation, policy: 'long' },
  exchangeGeneration: { title: 'exchange generation', subject: ({ generation }) => generation, policy: 'long' },
  removeGeneration: { title: 'remove generation', subject: ({ generation }) => generation, policy: 'long' },
} satisfies Partial<HostDeclarations>;

export const storedSetSteps = {
  verifySet: { title: 'verify set', subject: ({ set }) => set, policy: 'long' },
} satisfies Partial<ControlDeclarations>;
