import { isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { Blueprint } from '../../contracts/blueprint.ts';

/** `blueprint.yaml:12` for the deepest existing part of a path. */
export type LineOf = (...path: (string | number)[]) => string;

/** `blueprint.yaml` as a blueprint, or every problem of its form. */
export function parseContract(text: string): { blueprint?: Blueprint; problems: string[]; lineOf: LineOf } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number | undefined) => `blueprint.yaml:${offset === undefined ? 1 : lines.linePos(offset).line}`;
  const lineOf: LineOf = (...path) => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true);
      if (node !== null && typeof node === 'object' && 'range' in node) {
        return at((node as { range?: [number, number, number] | null }).range?.[0]);
      }
    }
    return at(undefined);
  };
  if (document.errors.length > 0) {
    return { problems: document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split('\n')[0]}`), lineOf };
  }
  if (!isMap(document.contents)) return { problems: ['blueprint.yaml:1: is not a mapping'], lineOf };
  const contract = followed(document);
  if ('problem' in contract) return { problems: [`${at(undefined)}: ${contract.problem}`], lineOf };
  const parsed = Blueprint.safeParse(contract.value);
  if (parsed.success) return { blueprint: parsed.data, problems: [], lineOf };
  return { problems: parsed.error.issues.flatMap((issue) => issueLines(issue, lineOf)), lineOf };
}

function issueLines(issue: z.core.$ZodIssue, lineOf: LineOf): string[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${lineOf(...path, key)}: ${[...path, key].join('.')} is not a known key`);
  }
  return [`${lineOf(...path)}: ${path.join('.') || 'the file'}: ${issue.message}`];
}

/** Only this function follows aliases and merges, so wrong ones show here. */
export function followed(document: { toJS(): unknown }): { value: unknown } | { problem: string } {
  try {
    return { value: document.toJS() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
