import { isGrpcServiceError, ServiceError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';

/** Meaning of the gRPC status numbers in Temporal's answers. */
export const grpcCode = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  failedPrecondition: 9,
  unavailable: 14,
} as const;

/**
 * The server's answer inside an error of a Temporal client, if there is one. A client wraps the answer once more, in a
 * `ServiceError` that only names the failed call ("Failed to query Workflow"); a bare connection does not.
 */
export function grpcErrorIn(error: unknown): { code: number; details: string } | undefined {
  if (isGrpcServiceError(error)) return error;
  const wraps = error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
  return wraps ? grpcErrorIn(error.cause) : undefined;
}
