import type { Blueprint } from '../../contracts/blueprint.ts';

/**
 * `.env` of an instance made from a set. Ports, images and the request's values stay as planned. A copy beside the
 * original keeps its own generated secrets; a replacement takes over all secrets: users hold sessions and keys.
 */
export function inheritedValues(
  blueprint: Blueprint,
  planned: Readonly<Record<string, string>>,
  inherited: Readonly<Record<string, string>>,
  options: { kind: 'copy' | 'replacement'; given: readonly string[] },
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(planned).map(([name, value]) => {
      const spec = blueprint.variables[name] ?? { kind: 'text' };
      const taken = inherited[name] || value;
      if (spec.kind === 'port' || name.endsWith('_IMAGE') || options.given.includes(name)) return [name, value];
      if (spec.kind === 'secret' && spec.generate !== undefined)
        return [name, options.kind === 'replacement' ? taken : value];
      return [name, taken];
    }),
  );
}
