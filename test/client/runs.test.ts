import { ApplicationFailure, CancelledFailure, TerminatedFailure, WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { RunEnded } from '../../src/client/exit-codes.ts';
import { explainEnd } from '../../src/client/runs.ts';
import { freshWorkflowId } from '../../src/client/workflow-ids.ts';
import { DrydockError, describeError } from '../../src/errors.ts';
import { toFailure } from '../../src/failures.ts';

function ended(cause: Error): unknown {
  return explainEnd(new WorkflowFailedError('failed', cause, 'NON_RETRYABLE_FAILURE'));
}

describe('how a run ended', () => {
  it('keeps code, sentence, problems and advice of the procedure', () => {
    const original = new DrydockError('no-space', 'plan: too little', { problems: ['a', 'b'], next: 'free some' });
    const error = ended(toFailure(original));
    expect(error).toBeInstanceOf(DrydockError);
    expect(error).toMatchObject({ code: 'no-space', problems: ['a', 'b'], next: 'free some' });
    expect(describeError(error)).toBe(describeError(original));
  });

  it('calls an error without a code a defect', () => {
    expect(ended(ApplicationFailure.create({ message: 'oops' }))).toMatchObject({ code: 'internal', message: 'oops' });
  });

  it('tells a cancelled run from a terminated one', () => {
    expect(ended(new CancelledFailure('Workflow canceled'))).toMatchObject({
      outcome: 'cancelled',
      message: 'cancelled',
    });
    expect(ended(new TerminatedFailure('by hand'))).toBeInstanceOf(RunEnded);
    expect(ended(new TerminatedFailure('by hand'))).toMatchObject({ outcome: 'terminated' });
  });
});

describe('ids of runs', () => {
  it('can be read', () => {
    const now = new Date('2026-11-21T03:00:00.123Z');
    expect(freshWorkflowId('backup', 'pharma', now, 'ab12')).toBe('backup-pharma-20261121T030000Z-ab12');
    expect(freshWorkflowId('readOnly', 'pharma', now, 'ab12')).toBe('read-only-pharma-20261121T030000Z-ab12');
  });

  it('are never the same twice in a second', () => {
    const now = new Date();
    const ids = Array.from({ length: 20 }, () => freshWorkflowId('backup', 'pharma', now));
    expect(new Set(ids).size).toBeGreaterThan(15);
  });
});
