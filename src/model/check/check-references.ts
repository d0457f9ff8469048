import type { Blueprint } from '../../contracts/blueprint.ts';
import type { LineOf } from './read-contract.ts';

/** Stores, services and files that steps and orders name and that are not there. */
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
  blueprint.init.forEach((step, index) => {
    const file = 'cypher' in step ? step.cypher : step.qdrant;
    store(step.store, 'init', index);
    if (files[file] === undefined) problems.push(`${lineOf('init', index)}: ${file} is missing`);
    const kind = blueprint.stores[step.store]?.kind;
    const wanted = 'cypher' in step ? 'neo4j' : 'qdrant';
    if (kind !== undefined && kind !== wanted)
      problems.push(`${lineOf('init', index)}: ${step.store} is a ${kind} store, not ${wanted}`);
  });
  blueprint.verify.forEach((step, index) => {
    store(step.store, 'verify', index);
    const kind = blueprint.stores[step.store]?.kind;
    if (kind !== undefined && kind !== 'neo4j')
      problems.push(`${lineOf('verify', index)}: ${step.store} is a ${kind} store, not neo4j`);
  });
  for (const [entry, wanted] of [
    ['protoKg', 'neo4j'],
    ['qdrant', 'qdrant'],
  ] as const) {
    const name = blueprint.cleanup[entry]?.store;
    if (name === undefined) continue;
    store(name, 'cleanup', entry);
    const kind = blueprint.stores[name]?.kind;
    if (kind !== undefined && kind !== wanted)
      problems.push(`${lineOf('cleanup', entry)}: ${name} is a ${kind} store, not ${wanted}`);
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
