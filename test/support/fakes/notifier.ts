import type { Notifier, NotifierMessage } from '../../../src/drivers/notifier/notifier.ts';
import { DrydockError } from '../../../src/errors.ts';

export interface FakeNotifier extends Notifier {
  readonly told: NotifierMessage[];
  /** Outcomes of the next messages. */
  listening: 'yes' | 'no' | 'nobody';
}

/** A notifier that remembers its messages. */
export function createFakeNotifier(): FakeNotifier {
  const fake: FakeNotifier = {
    told: [],
    listening: 'yes',
    async notify(message) {
      if (fake.listening === 'nobody') return 'nobody-to-tell';
      if (fake.listening === 'no') {
        throw new DrydockError(
          'unavailable',
          `tell the webhook about ${message.event} of ${message.instance}: it answered 503`,
        );
      }
      fake.told.push(message);
      return 'sent';
    },
  };
  return fake;
}
