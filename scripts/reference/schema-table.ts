import { z } from 'zod';
import { table } from '../../src/client/words/markdown.ts';

/** What is read of a JSON schema. */
interface Schema {
  type?: string;
  description?: string;
  format?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Row {
  path: string;
  value: string;
  needed: string;
  meaning: string;
}

/** Every field of a schema, nested ones by their path. */
export function fieldsTable(schema: z.ZodType, io: 'input' | 'output'): string {
  const rows = rowsBelow('', z.toJSONSchema(schema, { io }) as Schema);
  if (rows.length === 0) return 'It takes `{}`.';
  return table(
    ['Field', 'Value', io === 'input' ? 'Default' : '', 'Meaning'],
    rows.map(({ path, value, needed, meaning }) => [`\`${path}\``, value, io === 'input' ? needed : '', meaning]),
  );
}

function rowsBelow(path: string, schema: Schema): Row[] {
  const variants = variantsOf(schema);
  if (variants !== undefined) return variantRows(path, variants);
  if (schema.type === 'array' && schema.items !== undefined) return rowsBelow(`${path}[]`, schema.items);
  if (typeof schema.additionalProperties === 'object') return rowsBelow(`${path}.<name>`, schema.additionalProperties);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [rowOf(at, field, schema.required?.includes(name) === true), ...rowsBelow(at, field)];
  });
}

function rowOf(path: string, field: Schema, required: boolean): Row {
  const fallback = field.default === undefined || isEmpty(field.default) ? '–' : `\`${JSON.stringify(field.default)}\``;
  return {
    path,
    value: valueText(field),
    needed: required ? 'needed' : fallback,
    meaning: field.description ?? '',
  };
}

/** Variants of an object that differ in their fields; a choice between plain values is not one. */
function variantsOf(schema: Schema): Schema[] | undefined {
  const choices = schema.oneOf ?? schema.anyOf;
  return choices?.every((choice) => choice.properties !== undefined) ? choices : undefined;
}

/** Fields of all variants, each once; the meaning says which variants have it unless all do. */
function variantRows(path: string, variants: readonly Schema[]): Row[] {
  const byRow = new Map<string, { row: Row; of: string[] }>();
  for (const variant of variants) {
    const name = variantName(variant, variants);
    for (const row of rowsBelow(path, variant)) {
      const key = row.path.endsWith('.kind') ? row.path : JSON.stringify(row);
      const known = byRow.get(key);
      if (known === undefined) byRow.set(key, { row, of: [name] });
      else {
        known.of.push(name);
        if (known.row.value !== row.value) known.row.value += `, ${row.value}`;
      }
    }
  }
  return [...byRow.values()].map(({ row, of }) => {
    const only = of.length === variants.length ? '' : `Only ${of.join(', ')}. `;
    return { ...row, meaning: `${only}${row.meaning}`.trim() };
  });
}

/** `kind` where there is one, else the field it is known by: the first that not every variant has. */
function variantName(variant: Schema, variants: readonly Schema[]): string {
  const kind = variant.properties?.['kind']?.const;
  if (typeof kind === 'string') return `\`${kind}\``;
  const fields = Object.keys(variant.properties ?? {});
  const own = fields.find((name) => variants.some((other) => other.properties?.[name] === undefined));
  return `with \`${own ?? fields[0]}\``;
}

function valueText(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return [...new Set(choices.map(valueText))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'values' : valueText(schema.items)}`;
  if (typeof schema.additionalProperties === 'object') return 'map by name';
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time' ? 'moment' : 'text';
    case 'integer':
      return `whole number${limitsOf(schema)}`;
    case 'number':
      return `number${limitsOf(schema)}`;
    case 'boolean':
      return '`true`, `false`';
    case 'object':
      return 'object';
    default:
      return 'anything';
  }
}

function limitsOf({ type, minimum, exclusiveMinimum, maximum }: Schema): string {
  const isWhole = type === 'integer';
  const least = isWhole && exclusiveMinimum !== undefined ? exclusiveMinimum + 1 : minimum;
  const above = !isWhole && exclusiveMinimum !== undefined ? ` above ${exclusiveMinimum}` : '';
  const lower = least === undefined || least <= Number.MIN_SAFE_INTEGER ? above : ` from ${least}`;
  const upper = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
  return `${lower}${upper}`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
