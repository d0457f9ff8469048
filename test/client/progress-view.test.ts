import { describe, expect, it } from 'vitest';
import { displayFor } from '../../src/client/display.ts';
import type { Observation } from '../../src/client/observation.ts';
import { ProgressView } from '../../src/client/progress-view.ts';
import type { StepRecord } from '../../src/contracts/progress.ts';

const began = Date.parse('2026-11-21T03:00:00.000Z');
const at = (seconds: number) => new Date(began + seconds * 1000).toISOString();
const MiB = 1024 ** 2;

function seen(steps: StepRecord[], further: Partial<Observation> = {}, waitingFor?: string): Observation {
  const progress = { procedure: 'backup', instance: 'pharma', phase: 'running' as const, steps };
  return { steps: {}, progress: waitingFor === undefined ? progress : { ...progress, waitingFor }, ...further };
}

const uploading: StepRecord = { name: 'upload graph', state: 'running', startedAt: at(0), activityId: 'u' };

describe('lines about steps', () => {
  it('tell start, end and time of each, once', () => {
    const view = new ProgressView();
    const running = seen([{ name: 'plan', state: 'running', startedAt: at(0) }]);
    const done = seen([{ name: 'plan', state: 'done', startedAt: at(0), endedAt: at(3.25) }]);
    expect(view.advance(running)).toEqual([{ kind: 'started', text: 'plan' }]);
    expect(view.advance(running)).toEqual([]);
    expect(view.advance(done)).toEqual([{ kind: 'done', text: 'plan (3.3 s)' }]);
    expect(view.advance(done)).toEqual([]);
  });

  it('keep two steps of the same name apart', () => {
    const step: StepRecord = { name: 'start', state: 'done', startedAt: at(0), endedAt: at(1) };
    expect(new ProgressView().advance(seen([step, step]))).toHaveLength(2);
  });

  it('tell why a step failed, in one line', () => {
    const failed: StepRecord = { name: 'load', state: 'failed', startedAt: at(0), endedAt: at(1), error: 'no\nmore' };
    expect(new ProgressView().advance(seen([failed]))).toEqual([{ kind: 'failed', text: 'load (1.0 s): no' }]);
  });

  it('tell what a run waits for, once for each reason', () => {
    const view = new ProgressView();
    expect(view.advance(seen([], {}, 'waits for backup'))).toEqual([{ kind: 'waiting', text: 'waits for backup' }]);
    expect(view.advance(seen([], {}, 'waits for backup'))).toEqual([]);
    expect(view.advance(seen([], { obstacle: 'no worker' }))).toEqual([{ kind: 'waiting', text: 'no worker' }]);
  });
});

describe('the line about now', () => {
  const look = (view: ProgressView, seconds: number, done: number) =>
    view.current(
      seen([uploading], { steps: { u: { attempt: 1, heartbeat: { done, total: 100 * MiB } } } }),
      began + seconds * 1000,
    );

  it('tells bytes, rate and time left', () => {
    const view = new ProgressView();
    expect(look(view, 1, 0)).toBe('upload graph (1.0 s, 0 B of 100.0 MiB)');
    expect(look(view, 6, 50 * MiB)).toBe('upload graph (6.0 s, 50.0 MiB of 100.0 MiB, 10.0 MiB/s, 5.0 s left)');
  });

  it('begins the rate again when a later attempt begins again', () => {
    const view = new ProgressView();
    look(view, 1, 80 * MiB);
    expect(look(view, 6, 10 * MiB)).toBe('upload graph (6.0 s, 10.0 MiB of 100.0 MiB)');
  });

  it('tells the attempt and why there is more than one', () => {
    const steps = { u: { attempt: 3, heartbeat: {}, lastFailure: 'refused\nat x' } };
    expect(new ProgressView().current(seen([uploading], { steps }), began + 2000)).toBe(
      'upload graph (2.0 s, attempt 3: refused)',
    );
  });
});

describe('a procedure inside another', () => {
  it('shows its steps under the one that runs it', () => {
    const view = new ProgressView();
    const outer: StepRecord = { name: 'back up first', state: 'running', startedAt: at(0) };
    const look = seen([outer], { nested: { b: seen([uploading]) } });
    expect(view.advance(look).map(({ text }) => text)).toEqual(['back up first', '  upload graph']);
    expect(view.current(look, began + 2000)).toBe('back up first (2.0 s); upload graph (2.0 s)');
    expect(view.advance(look)).toEqual([]);
  });
});

describe('without a terminal', () => {
  it('progress is plain lines, without control characters', () => {
    const notes: string[] = [];
    const output = { out: () => {}, note: (text: string) => void notes.push(text), terminal: false };
    const display = displayFor(output, 'all');
    display.line({ kind: 'started', text: 'plan' });
    display.current('plan (0.1 s)');
    display.line({ kind: 'done', text: 'plan (3.2 s)' });
    display.close();
    expect(notes).toEqual(['started  plan', 'done     plan (3.2 s)']);
  });

  it('only waits are worth a word for a quick question', () => {
    const notes: string[] = [];
    const output = { out: () => {}, note: (text: string) => void notes.push(text), terminal: false };
    const display = displayFor(output, 'waits');
    display.line({ kind: 'done', text: 'plan' });
    display.line({ kind: 'waiting', text: 'no worker' });
    expect(notes).toEqual(['waiting  no worker']);
  });
});
