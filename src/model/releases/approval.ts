import type { ApprovalAnswer, ApprovalMessage, Decision } from '../../contracts/approval.ts';
import type { Instant, Sha256 } from '../../contracts/ids.ts';
import { DrydockError } from '../../errors.ts';

interface Round {
  plan: Sha256;
  /** How many different people or services must approve. */
  needed: number;
  expiresAt: Instant;
  /** Every valid decision, in order. */
  decisions: readonly Decision[];
}

/**
 * The state of the decision about one plan. `watching`: the new release serves and can still be rejected. `over`: it no
 * longer can. Plain values: workflow code carries them and supplies the time.
 */
export type Approval =
  | (Round & { state: 'waiting' })
  | (Round & { state: 'approved' })
  | (Round & { state: 'watching' })
  | (Round & { state: 'rejected'; by: string })
  | (Round & { state: 'expired' })
  | (Round & { state: 'over' });

/** A message and its channel. */
export interface Said extends ApprovalMessage {
  decision: Decision['decision'];
  through: Decision['through'];
}

/** Begins to wait for decisions about a plan. */
export function askApproval(plan: { hash: Sha256; approvals: number }, now: Date, hours: number): Approval {
  const expiresAt = new Date(now.getTime() + hours * 3_600_000).toISOString();
  return { state: 'waiting', plan: plan.hash, needed: plan.approvals, expiresAt, decisions: [] };
}

/** The state after a message, or a `refused` for its sender and an unchanged state. */
export function decide(approval: Approval, said: Said, now: Date): Approval {
  const refusal = refusalOf(approval, said, now);
  if (refusal !== undefined) throw refusal;
  const decisions = [...approval.decisions, decisionOf(said, now)];
  if (said.decision === 'rejected') return { ...roundOf(approval), state: 'rejected', by: said.by, decisions };
  const state = approvalsIn(decisions) >= approval.needed ? 'approved' : 'waiting';
  return { ...roundOf(approval), state, decisions };
}

/** Why a message would not count; for validators, which must not change anything. */
export function refusalOf(approval: Approval, said: Said, now: Date): DrydockError | undefined {
  const tried = `${said.decision === 'approved' ? 'approve' : 'reject'} plan ${said.plan} as ${said.by}`;
  const refuse = (seen: string, next: string) => new DrydockError('refused', `${tried}: ${seen}`, { next });
  if (said.plan !== approval.plan) {
    return refuse(`the plan is ${approval.plan}`, 'look at that plan, and decide about it');
  }
  const state = stateAt(approval, now);
  switch (state) {
    case 'waiting':
      return said.decision === 'approved' && hasApproved(approval, said.by)
        ? refuse(`${said.by} has approved it already, and two must`, 'somebody else must approve it too')
        : undefined;
    case 'watching':
      return said.decision === 'rejected'
        ? undefined
        : refuse(`it is approved already, by ${names(approval)}`, 'nothing more is needed');
    case 'approved':
      return refuse(`it is approved already, by ${names(approval)}`, 'cancel the run to stop it');
    case 'rejected':
      return refuse(`it is rejected already, by ${rejecter(approval)}`, 'start the upgrade again for a new plan');
    case 'expired':
      return refuse(`nobody decided until ${approval.expiresAt}`, 'start the upgrade again for a new plan');
    case 'over':
      return refuse('the watch is over', 'go back with `drydock upgrade NAME --back` while the old release is kept');
  }
}

/** Replays in order the messages from before the plan was known; invalid ones are reported instead of thrown. */
export function replay(
  approval: Approval,
  kept: readonly Said[],
  now: Date,
): { approval: Approval; refused: DrydockError[] } {
  const refused: DrydockError[] = [];
  let state = approval;
  for (const said of kept) {
    const refusal = refusalOf(state, said, now);
    if (refusal === undefined) state = decide(state, said, now);
    else refused.push(refusal);
  }
  return { approval: state, refused };
}

/** The state at a moment: waiting ends when it expires. */
export function expire(approval: Approval, now: Date): Approval {
  return stateAt(approval, now) === 'expired' ? { ...roundOf(approval), state: 'expired' } : approval;
}

/** The approved release serves now: a rejection brings the old one back. */
export function watch(approval: Approval): Approval {
  return approval.state === 'approved' ? { ...roundOf(approval), state: 'watching' } : approval;
}

/** The watch is over: no decision counts any more. */
export function close(approval: Approval): Approval {
  return approval.state === 'watching' ? { ...roundOf(approval), state: 'over' } : approval;
}

/** Answer to a valid message. */
export function answerOf(approval: Approval, said: Pick<Said, 'decision'>): ApprovalAnswer {
  return { decision: said.decision, approvals: approvalsIn(approval.decisions), needed: approval.needed };
}

function stateAt(approval: Approval, now: Date): Approval['state'] {
  return approval.state === 'waiting' && now.getTime() >= Date.parse(approval.expiresAt) ? 'expired' : approval.state;
}

function roundOf({ plan, needed, expiresAt, decisions }: Approval): Round {
  return { plan, needed, expiresAt, decisions };
}

function decisionOf({ decision, plan, by, comment, through }: Said, now: Date): Decision {
  return { decision, plan, by, comment, at: now.toISOString(), through };
}

function approvalsIn(decisions: readonly Decision[]): number {
  return decisions.filter(({ decision }) => decision === 'approved').length;
}

/** Case and spaces do not make another person. */
function hasApproved({ decisions }: Approval, by: string): boolean {
  return decisions.some((decision) => decision.decision === 'approved' && person(decision.by) === person(by));
}

function person(by: string): string {
  return by.trim().toLowerCase();
}

function names({ decisions }: Approval): string {
  return decisions.map(({ by }) => by).join(' and ');
}

function rejecter(approval: Approval): string {
  return approval.state === 'rejected' ? approval.by : 'somebody';
}
