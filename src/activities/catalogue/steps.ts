import type { ControlDeclarations } from '../step-declaration.ts';

export const catalogueSteps = {
  identify: { title: 'identify instance', policy: 'control' },
  removedLives: { title: 'find removed instances', policy: 'control' },
  listSets: { title: 'list sets', policy: 'control' },
  readManifest: { title: 'read manifest', subject: ({ set }) => set, policy: 'control' },
  readNewerStores: { title: 'read newer stores', policy: 'control' },
  recentSet: { title: 'find recent set', policy: 'control' },
  commitManifest: { title: 'commit manifest', policy: 'control' },
  discardUploads: { title: 'discard uploads', subject: ({ set }) => set, policy: 'control' },
  writeTombstone: { title: 'write tombstone', policy: 'control' },
  publishBlueprint: { title: 'publish blueprint', policy: 'control' },
  listBlueprints: { title: 'list blueprints', policy: 'control' },
  recordEvidence: { title: 'record evidence', policy: 'control' },
  computeObjectives: { title: 'compute objectives', policy: 'long' },
  composeReport: { title: 'compose report', policy: 'long' },
  readTombstone: { title: 'read tombstone', policy: 'control' },
  planRetention: { title: 'plan retention', policy: 'long' },
  removeSet: { title: 'remove set', subject: ({ set }) => set, policy: 'long' },
  removeOrphan: { title: 'remove orphan', policy: 'long' },
  proveRetention: { title: 'prove retention', policy: 'long' },
} satisfies Partial<ControlDeclarations>;

export const journalSteps = {
  writeJournal: { title: 'write journal', policy: 'control' },
} satisfies Partial<ControlDeclarations>;
