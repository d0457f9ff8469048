import type { Blueprint } from '../../contracts/blueprint.ts';
import { cares, questionOf, scriptOf } from '../../stores/kinds.ts';
import type { LineOf } from './read-contract.ts';

/** Stores, services and files that steps and orders name but that do not exist. */
export function referenceProblems(
  blueprint: Blueprint,
  files: Readonly<Record<string, string>>,
  lineOf: LineOf,
): string[] {
  const problems: string[] = [];
  const stores = Object.keys(blueprint.stores);
  const store = (name: string, ...path: (string | number)[]) => {
    if (!stores.includes(name)) problems.push(`${lineOf(...path)}: no store ${name}`);
  };
  const storeOfKind = (wanted: string | undefined, name: string, ...path: (string | number)[]) => {
    store(name, ...path);
    const kind = blueprint.stores[name]?.kind;
    if (kind !== undefined && kind !== wanted)
      problems.push(`${lineOf(...path)}: ${name} is a ${kind} store, not ${wanted}`);
  };
  blueprint.init.forEach((step, index) => {
    const script = scriptOf(step);
    storeOfKind(script?.kind, step.store, 'init', index);
    if (script !== undefined && files[script.file] === undefined)
      problems.push(`${lineOf('init', index)}: ${script.file} is missing`);
  });
  blueprint.verify.forEach((step, index) => {
    storeOfKind(questionOf(step)?.kind, step.store, 'verify', index);
  });
  for (const [entry, spec] of Object.entries(blueprint.cleanup)) {
    const care = cares.find(({ section }) => entry in section);
    if (spec !== undefined) storeOfKind(care?.kind, spec.store, 'cleanup', entry);
  }
  blueprint.smoke.forEach((step, index) => {
    if (!blueprint.release.includes(step.service))
      problems.push(`${lineOf('smoke', index)}: ${step.service} is not in release`);
  });
  for (const act of ['backup', 'restore'] as const) {
    const order = blueprint[act].order;
    order.forEach((name, index) => {
      store(name, act, 'order', index);
    });
    if (new Set(order).size !== order.length) problems.push(`${lineOf(act, 'order')}: names a store twice`);
    for (const name of stores.filter((candidate) => !order.includes(candidate))) {
      problems.push(`${lineOf(act, 'order')}: leaves out store ${name}`);
    }
  }
  return problems;
}
