import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { z } from 'zod';
import { DrydockError, describeError, type ErrorCode, errorCodes } from './errors.ts';

/** The only entry of a failure's details, so that a program need not parse the sentence. */
interface FailureDetails {
  readonly problems: readonly string[];
  readonly next?: string | undefined;
  readonly undone?: readonly string[];
  readonly leftBehind?: readonly string[];
}

/**
 * Turns the error of an activity or a procedure into Temporal's form. Cancellations and Temporal's own failures pass
 * through. The cause is left out: histories keep failures, and tools put command lines into their errors.
 */
export function toFailure(error: unknown): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  if (error instanceof z.core.$ZodError) return toFailure(invalidInput(error));
  if (error instanceof DrydockError) {
    return ApplicationFailure.create({
      message: describeError(error),
      type: error.code,
      nonRetryable: !errorCodes[error.code].retry,
      details: [{ problems: error.problems, next: error.next } satisfies FailureDetails],
    });
  }
  return ApplicationFailure.create({ message: describeError(error), type: 'internal', details: [{ problems: [] }] });
}

/** The error for a request that failed to parse, with all problems. */
export function invalidInput(error: z.core.$ZodError): DrydockError {
  return new DrydockError('invalid-input', 'the input is not a valid request', {
    problems: error.issues.flatMap((issue) => issueLines(issue)),
  });
}

/** Also true for a cancelled step or child. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof CancelledFailure) return true;
  const carries = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return carries && isCancellation(error.cause);
}

/** The code and the sentence at the bottom of a failure, below any number of activities and children. */
export function explain(error: unknown): { code: ErrorCode; message: string; details: FailureDetails } {
  if (error instanceof ActivityFailure && error.cause !== undefined) {
    const cause = explain(error.cause);
    return isSentence(error.cause) ? cause : { ...cause, message: `${error.activityType}: ${cause.message}` };
  }
  if (error instanceof ChildWorkflowFailure && error.cause !== undefined) {
    const cause = explain(error.cause);
    return { ...cause, message: `${error.workflowType} (${error.execution.workflowId}): ${cause.message}` };
  }
  if (error instanceof ApplicationFailure) {
    return { code: codeOf(error.type), message: error.message, details: readDetails(error.details?.[0]) };
  }
  if (error instanceof TimeoutFailure) {
    const limit = (error.timeoutType ?? 'time').toLowerCase().replaceAll('_', ' ');
    return { code: 'unavailable', message: `no answer within the ${limit} limit`, details: { problems: [] } };
  }
  if (error instanceof CancelledFailure) return { code: 'internal', message: 'cancelled', details: { problems: [] } };
  if (error instanceof TerminatedFailure) return { code: 'internal', message: 'terminated', details: { problems: [] } };
  if (error instanceof TemporalFailure) {
    return { code: 'internal', message: error.message, details: { problems: [] } };
  }
  return explain(toFailure(error));
}

function isSentence(cause: Error): boolean {
  return cause instanceof ApplicationFailure || cause instanceof ChildWorkflowFailure;
}

function codeOf(type: string | null | undefined): ErrorCode {
  return type !== null && type !== undefined && Object.hasOwn(errorCodes, type) ? (type as ErrorCode) : 'internal';
}

const DetailsFromHistory = z.looseObject({
  problems: z.array(z.string()).default([]),
  next: z.string().exactOptional(),
  undone: z.array(z.string()).exactOptional(),
  leftBehind: z.array(z.string()).exactOptional(),
});

function readDetails(details: unknown): FailureDetails {
  const parsed = DetailsFromHistory.safeParse(details);
  return parsed.success ? parsed.data : { problems: [] };
}

function issueLines(issue: z.core.$ZodIssue, parents: readonly PropertyKey[] = []): string[] {
  const path = [...parents, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${place([...path, key])}: there is no such field`);
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const meant = variantMeant(issue.errors);
    if (meant !== undefined) return meant.flatMap((error) => issueLines(error, path));
    const choices = issue.errors.map((errors) => errors.map((error) => plain(error.message)).join(' and '));
    return [`${place(path)}: ${[...new Set(choices)].join(', or ')}`];
  }
  return [`${place(path)}: ${plain(issue.message)}`];
}

/** The object variant with the fewest problems, the first of equals; undefined when plain values are choices too. */
function variantMeant(variants: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const isObject = (issues: z.core.$ZodIssue[]) =>
    issues.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys');
  if (!variants.every(isObject)) return undefined;
  const wrong = (issues: z.core.$ZodIssue[]) =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return variants.toSorted((one, other) => wrong(one) - wrong(other))[0];
}

function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the input' : path.map(String).join('.');
}

function plain(message: string): string {
  return message.replace(/^Invalid (input|option): /, '').replace('received undefined', 'nothing was given');
}
