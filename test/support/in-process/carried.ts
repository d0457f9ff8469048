import {
  arrayFromPayloads,
  defaultFailureConverter,
  defaultPayloadConverter,
  type TemporalFailure,
  toPayloads,
} from '@temporalio/common';

/** The value as it comes out where it is sent to: what cannot be sent does not get there. */
export function carried<T>(value: T): T {
  const [copy] = carriedAll([value]);
  return copy as T;
}

export function carriedAll(values: readonly unknown[]): unknown[] {
  return arrayFromPayloads(defaultPayloadConverter, toPayloads(defaultPayloadConverter, ...values));
}

/** The error as Temporal keeps it in a history and makes it again from that. */
export function carriedFailure(error: unknown): TemporalFailure {
  const failure = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
  return defaultFailureConverter.failureToError(failure, defaultPayloadConverter) as TemporalFailure;
}
