import { DrydockError } from '../../errors.ts';
import type { Notifier, NotifierMessage } from './notifier.ts';

const answerWithinMs = 10_000;

/** Posts each message as JSON. Only the request itself sees the address. */
export function createWebhookNotifier(url: { reveal(): string } | undefined): Notifier {
  return {
    async notify(message) {
      if (url === undefined) return 'nobody-to-tell';
      const status = await post(url.reveal(), message);
      if (status >= 200 && status < 300) return 'sent';
      throw refusal(message, `it answered ${status}`);
    },
  };
}

async function post(url: string, message: NotifierMessage): Promise<number> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    // The error's message may repeat the address; its code does not.
    const { name, cause } = error as Error & { cause?: { code?: string } };
    throw refusal(message, cause?.code ?? name);
  }
}

function refusal({ event, instance }: NotifierMessage, seen: string): DrydockError {
  return new DrydockError('unavailable', `tell the webhook about ${event} of ${instance}: ${seen}`, {
    next: 'look at the service behind DRYDOCK_WEBHOOK_URL of the control worker',
  });
}
