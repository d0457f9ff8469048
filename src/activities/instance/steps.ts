import type { ControlDeclarations, HostDeclarations } from '../step-declaration.ts';

export const instanceSteps = {
  planProvision: { title: 'plan provision', policy: 'short' },
  readRetentionRules: { title: 'read retention rules', policy: 'short' },
  planDecommission: { title: 'plan decommission', policy: 'short' },
  createDirectory: { title: 'create directory', policy: 'short' },
  readTier: { title: 'read tier', policy: 'short' },
  writeTier: { title: 'write tier', policy: 'short' },
  renderFiles: { title: 'render files', policy: 'short' },
  createVolumes: { title: 'create volumes', policy: 'short' },
  removeContainers: { title: 'remove containers', policy: 'long' },
  removeVolumes: { title: 'remove volumes', policy: 'short' },
  removeDirectory: { title: 'remove directory', policy: 'short' },
  proveRemoved: { title: 'prove removed', policy: 'short' },
  raiseBarrier: { title: 'raise barrier', policy: 'long', event: ({ from: at }) => ({ kind: 'barrier-raised', at }) },
  lowerBarrier: { title: 'lower barrier', policy: 'long', event: ({ to: at }) => ({ kind: 'barrier-lowered', at }) },
  holdReadOnly: { title: 'hold read only', policy: 'long', event: ({ at }) => ({ kind: 'read-only-held', at }) },
  releaseReadOnly: {
    title: 'release read only',
    policy: 'long',
    event: ({ at }) => ({ kind: 'read-only-released', at }),
  },
  closeEdge: { title: 'close edge', policy: 'short', event: ({ at }) => ({ kind: 'edge-closed', at }) },
  admitReads: { title: 'admit reads', policy: 'short', event: (seen) => ({ kind: 'reads-admitted', ...seen }) },
  openEdge: { title: 'open edge', policy: 'short', event: (seen) => ({ kind: 'edge-opened', ...seen }) },
  stopServing: { title: 'stop serving', policy: 'long', event: ({ at }) => ({ kind: 'serving-stopped', at }) },
  startServing: { title: 'start serving', policy: 'long' },
  startStores: { title: 'start stores', policy: 'long' },
  smoke: { title: 'smoke', policy: 'long' },
  verifyInstance: { title: 'verify instance', policy: 'long' },
  addresses: { title: 'read addresses', policy: 'short' },
} satisfies Partial<HostDeclarations>;

export const hostChoiceSteps = {
  chooseHost: { title: 'choose host', policy: 'control' },
} satisfies Partial<ControlDeclarations>;
