import { isGrpcServiceError, ServiceError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';

/** What Temporal's gRPC answers mean to us, by their numbers. */
export const grpcCode = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  failedPrecondition: 9,
  unavailable: 14,
} as const;

/**
 * The answer of Temporal's server in an error of one of its clients, if there is one. A client wraps it once more, in a
 * `ServiceError` that says only which call failed ("Failed to query Workflow"); a bare connection does not.
 */
export function grpcErrorIn(error: unknown): { code: number; details: string } | undefined {
  if (isGrpcServiceError(error)) return error;
  const wraps = error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
  return wraps ? grpcErrorIn(error.cause) : undefined;
}
