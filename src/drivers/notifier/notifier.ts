/**
 * Tells people and services outside what goes on. It may be told the same twice. `nobody-to-tell` when no address is
 * configured. Errors: `unavailable` when the other side does not take it, which may be tried again; the address, which
 * may hold a token, is in none of them.
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
