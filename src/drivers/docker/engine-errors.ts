import { DrydockError } from '../../errors.ts';

interface EngineAnswer {
  statusCode?: number;
  code?: string;
  json?: unknown;
  message?: string;
}

/** The engine's longest time for a quick answer; long work has no limit here. */
export const answerTimeoutMs = 60_000;

/** Asks the engine a question with a quick answer; failures become the matching DrydockError. */
export async function ask<T>(tried: string, question: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await question(AbortSignal.timeout(answerTimeoutMs));
  } catch (error) {
    throw engineError(tried, error);
  }
}

/** Like `ask`, but undefined for objects that the engine does not have. */
export async function askMaybe<T>(
  tried: string,
  question: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await question(AbortSignal.timeout(answerTimeoutMs));
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw engineError(tried, error);
  }
}

/** True when the engine answered with this status. */
export function hasStatus(error: unknown, status: number): boolean {
  return (error as EngineAnswer).statusCode === status;
}

/** `unavailable` without an answer, `not-found` for 404, otherwise `tool-failed` with the engine's sentence. */
export function engineError(tried: string, error: unknown): DrydockError {
  if (error instanceof DrydockError) return error;
  const { statusCode, message } = error as EngineAnswer;
  const sentence = engineSentence(error as EngineAnswer) ?? message ?? String(error);
  if (statusCode === undefined) {
    return new DrydockError('unavailable', `${tried}: the container engine did not answer: ${sentence}`, {
      cause: error,
    });
  }
  return new DrydockError(statusCode === 404 ? 'not-found' : 'tool-failed', `${tried}: ${sentence}`, {
    cause: error,
  });
}

function engineSentence(answer: EngineAnswer): string | undefined {
  const said = (answer.json as { message?: unknown } | undefined)?.message;
  return typeof said === 'string' ? said.trim() : undefined;
}
