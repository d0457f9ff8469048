import type { z } from 'zod';
import { DrydockError } from '../errors.ts';
import { files } from './files/kind.ts';
import type { StoreKind } from './kind.ts';
import { neo4j } from './neo4j/kind.ts';
import { qdrant } from './qdrant/kind.ts';
import { redis } from './redis/kind.ts';

/** Every kind of store. Their drivers are listed in `drivers.ts`. */
export const kinds = [neo4j, qdrant, redis, files] as const;

export type Kind = (typeof kinds)[number];
export type KindName = Kind['name'];
export type StoreSpec = z.infer<Kind['spec']>;
/** A store that is a service with a volume; all others are files in the instance's directory. */
export type ServiceSpec = Extract<StoreSpec, { service: string }>;
export type StoreContents = z.infer<Kind['contents']>;

type Scripted = Extract<Kind, { script: object }>;
type Asked = Extract<Kind, { question: object }>;
type Cared = Extract<Kind, { care: object }>;

/** What blueprints may run, ask and clean up, with the kind of store for each. */
export const scripts = kinds
  .filter((kind): kind is Scripted => 'script' in kind)
  .map(({ name, script }) => ({ kind: name, ...script }));
export const questions = kinds
  .filter((kind): kind is Asked => 'question' in kind)
  .map(({ name, question }) => ({ kind: name, ...question }));
export const cares = kinds
  .filter((kind): kind is Cared => 'care' in kind)
  .map(({ name, care }) => ({ kind: name, ...care }));

/** The kind of a store, found by the store's blueprint entry or by its contents. */
export function kindOf({ kind }: { kind: KindName }): StoreKind<StoreSpec, StoreContents> {
  const found = kinds.find(({ name }) => name === kind);
  if (found !== undefined) return found;
  throw new DrydockError('internal', `look up the kind of store ${kind}: there is no such kind`);
}

export function isService(spec: StoreSpec): spec is ServiceSpec {
  return 'service' in spec;
}

/** The file that a step of a blueprint names, and the kind of its stores; undefined when the step names no file. */
export function scriptOf(step: object): { file: string; kind: KindName } | undefined {
  const found = namedBy(step, scripts);
  return found && { file: found.value, kind: found.kind };
}

/** The question of a verify step, and the kind of the stores that can answer. */
export function questionOf(step: object): { question: string; kind: KindName } | undefined {
  const found = namedBy(step, questions);
  return found && { question: found.value, kind: found.kind };
}

function namedBy(step: object, keys: readonly { key: string; kind: KindName }[]) {
  for (const { key, kind } of keys) {
    const value = new Map<string, unknown>(Object.entries(step)).get(key);
    if (typeof value === 'string') return { value, kind };
  }
  return undefined;
}
