import type { DrilledStep, EvidenceReference, Finding } from '../../contracts/evidence.ts';
import type { HostName } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import { DrydockError } from '../../errors.ts';
import { explain, isCancellation } from '../../failures.ts';
import { storedBytes } from '../../model/sets/stored-bytes.ts';
import type { Run } from '../running/run.ts';
import { noteEvidence } from './evidence.ts';

/** What a drill found out about its set; noted once, at the drill's end, by the last step or the last undo. */
export class DrillFindings {
  readonly sizeBytes: number;
  private readonly manifest: Manifest;
  private readonly host: HostName;
  private readonly run: Run;
  private finding: Finding | undefined;
  private recoveryMs: number | undefined;

  constructor(manifest: Manifest, host: HostName, run: Run) {
    this.manifest = manifest;
    this.host = host;
    this.run = run;
    this.sizeBytes = storedBytes(manifest.artifacts);
  }

  /** A refused plan says nothing about the set, unless the set is the reason. */
  async ofPlan<T>(work: () => Promise<T>): Promise<T> {
    return work().catch((error) => this.failed(error, (code) => code === 'damaged'));
  }

  async ofDrill<T extends { recoveryMs: number }>(work: () => Promise<T>): Promise<T> {
    const result = await work().catch((error) => this.failed(error, () => true));
    this.finding = { outcome: 'passed' };
    this.recoveryMs = result.recoveryMs;
    return result;
  }

  /** Notes nothing if nothing was found: after a cancellation, or when the drill was refused. */
  async note(): Promise<EvidenceReference | undefined> {
    if (this.finding === undefined) return undefined;
    return noteEvidence(
      this.manifest,
      {
        kind: 'drilled',
        finding: this.finding,
        sizeBytes: this.sizeBytes,
        host: this.host,
        recoveryMs: this.recoveryMs,
        steps: this.run.steps().flatMap(timeOf),
      },
      this.run,
    );
  }

  async noted(): Promise<EvidenceReference> {
    const evidence = await this.note();
    if (evidence !== undefined) return evidence;
    throw new DrydockError('internal', `note what the drill of set ${this.manifest.set} found: it found nothing`);
  }

  private failed(error: unknown, tells: (code: string) => boolean): never {
    const { code, message: problem } = explain(error);
    if (!isCancellation(error) && tells(code)) this.finding = { outcome: 'failed', code, problem };
    throw error;
  }
}

function timeOf({ name, startedAt, endedAt, events }: StepRecord): DrilledStep[] {
  if (endedAt === undefined) return [];
  const ms = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
  return [{ name, ms, events }];
}
