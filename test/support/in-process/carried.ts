import {
  arrayFromPayloads,
  defaultFailureConverter,
  defaultPayloadConverter,
  type TemporalFailure,
  toPayloads,
} from '@temporalio/common';

/** The value after it was sent through Temporal: parts that cannot be sent are lost. */
export function carried<T>(value: T): T {
  const [copy] = carriedAll([value]);
  return copy as T;
}

export function carriedAll(values: readonly unknown[]): unknown[] {
  return arrayFromPayloads(defaultPayloadConverter, toPayloads(defaultPayloadConverter, ...values));
}

/** The error after Temporal has written it into a history and read it back. */
export function carriedFailure(error: unknown): TemporalFailure {
  const failure = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
  return defaultFailureConverter.failureToError(failure, defaultPayloadConverter) as TemporalFailure;
}
