import type { ControlDeclarations } from '../step-declaration.ts';

export const nightSteps = {
  observeNight: { title: 'observe night', policy: 'control' },
  recordNight: { title: 'record night', policy: 'control' },
  setHold: { title: 'set hold', policy: 'control' },
  nightInstances: { title: 'list night instances', policy: 'control' },
  planSchedules: { title: 'plan schedules', policy: 'control' },
  applySchedules: { title: 'apply schedules', policy: 'control' },
  removeSchedules: { title: 'remove schedules', policy: 'control' },
  lookAfterNights: { title: 'look after nights', policy: 'control' },
  notify: { title: 'notify', subject: ({ event }) => event, policy: 'notice' },
  upgradeHistory: { title: 'read upgrade history', policy: 'control' },
} satisfies Partial<ControlDeclarations>;
