/**
 * Tells people and services outside about events. A message may be sent twice. `nobody-to-tell` without a configured
 * address. Errors: `unavailable` when the receiver does not accept the message, which may be retried; no error contains
 * the address, which may hold a token.
 */
export interface Notifier {
  notify(message: NotifierMessage): Promise<'sent' | 'nobody-to-tell'>;
}

export interface NotifierMessage {
  /** `upgrade-begins`, `upgrade-ended`, … */
  event: string;
  instance: string;
  /** ISO 8601, UTC. */
  at: string;
  /** A sentence for people. */
  text: string;
  details: Record<string, unknown>;
}
