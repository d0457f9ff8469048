import type { ComposeModel } from '../../drivers/compose/compose.ts';

const units: Record<string, number> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Compose's `512m`, `1g`, `1073741824` in bytes; undefined when there is no limit. */
export function memoryBytes(limit: string | number | undefined): number | undefined {
  if (limit === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(String(limit));
  const unit = units[match?.[2]?.toLowerCase() ?? ''];
  return match?.[1] === undefined || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** Sum of the memory limits of services of a resolved Compose model, in bytes. Services without a limit count as nothing. */
export function memoryBudget(
  { services }: Pick<ComposeModel, 'services'>,
  of: readonly string[] = Object.keys(services),
): number {
  const limits = of.map((service) => memoryBytes(services[service]?.deploy?.resources?.limits?.memory) ?? 0);
  return limits.reduce((sum, bytes) => sum + bytes, 0);
}
