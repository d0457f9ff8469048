import type { Blueprint } from '../../contracts/blueprint.ts';
import { isPlainRequest } from '../../edges/haproxy/config.ts';
import { DrydockError } from '../../errors.ts';
import { kindOf } from '../../stores/kinds.ts';
import { serviceStores } from '../instance/blueprint-stores.ts';
import { parseEnv } from '../instance/env-file.ts';
import { repeated } from '../words/repeated.ts';
import { composeProblems } from './check-compose.ts';
import { migrationProblems } from './check-migrations.ts';
import { nightProblems } from './check-nights.ts';
import { referenceProblems } from './check-references.ts';
import { type LineOf, parseContract } from './read-contract.ts';

/** Files of a blueprint by relative path. */
export type BlueprintFiles = Record<string, string>;

/**
 * Every problem of a blueprint at once, with file and line where known; `blueprint` when its YAML is readable and
 * nothing is wrong.
 */
export function checkBlueprint(files: BlueprintFiles): { blueprint?: Blueprint; problems: string[] } {
  const missing = ['blueprint.yaml', 'docker-compose.yml', '.env.template']
    .filter((file) => files[file] === undefined)
    .map((file) => `${file}: is missing`);
  const contract = files['blueprint.yaml'] === undefined ? undefined : parseContract(files['blueprint.yaml']);
  if (contract?.blueprint === undefined) return { problems: [...missing, ...(contract?.problems ?? [])] };
  const problems = [
    ...missing,
    ...composeProblems(contract.blueprint, files['docker-compose.yml'], contract.lineOf),
    ...variableProblems(contract.blueprint, files['.env.template'], files['docker-compose.yml'], contract.lineOf),
    ...referenceProblems(contract.blueprint, files, contract.lineOf),
    ...sharedProblems(contract.blueprint, contract.lineOf),
    ...migrationProblems(contract.blueprint, files, contract.lineOf),
    ...nightProblems(contract.blueprint, contract.lineOf),
  ];
  return problems.length === 0 ? { blueprint: contract.blueprint, problems } : { problems };
}

/** The checked blueprint, or `invalid-input` with every problem. */
export function trustedBlueprint(files: BlueprintFiles): Blueprint {
  const { blueprint, problems } = checkBlueprint(files);
  if (blueprint !== undefined) return blueprint;
  throw new DrydockError('invalid-input', `read the blueprint: ${problems.length} problems`, {
    problems,
    next: 'mend the named files and run `drydock blueprint check` on the directory',
  });
}

function variableProblems(
  blueprint: Blueprint,
  template: string | undefined,
  compose: string | undefined,
  lineOf: LineOf,
): string[] {
  if (template === undefined) return [];
  const declared = parseEnv(template);
  const problems: string[] = [];
  for (const [name, spec] of Object.entries(blueprint.variables)) {
    if (declared[name] === undefined)
      problems.push(`${lineOf('variables', name)}: .env.template does not name ${name}`);
    if (spec.kind === 'secret' && (declared[name] ?? '') !== '') {
      problems.push(`.env.template: ${name} is a secret and must be empty here`);
    }
  }
  const ports = [...blueprint.edge.routes, ...blueprint.edge.storePorts].map((route) => route.port);
  for (const port of ports) {
    if (blueprint.variables[port]?.kind !== 'port')
      problems.push(`${lineOf('edge')}: ${port} is not declared as a port variable`);
  }
  const needed = Object.values(blueprint.stores).flatMap((store) => kindOf(store).secretOf(store) ?? []);
  for (const name of needed) {
    if (blueprint.variables[name]?.kind !== 'secret')
      problems.push(`${lineOf('stores')}: ${name} is not declared as a secret variable`);
  }
  if (declared[blueprint.edge.image] === undefined) {
    problems.push(`${lineOf('edge', 'image')}: .env.template does not name ${blueprint.edge.image}`);
  }
  const used = new Set([...(compose ?? '').matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)/g)].map((match) => match[1] ?? ''));
  for (const name of used) {
    if (declared[name] === undefined)
      problems.push(`docker-compose.yml: uses ${name}, which .env.template does not name`);
  }
  return problems;
}

/** Problems that would only show when an instance is rendered, or never. */
function sharedProblems(blueprint: Blueprint, lineOf: LineOf): string[] {
  const { routes, storePorts, readOnly } = blueprint.edge;
  const volumes = serviceStores(blueprint).map(([, { volume }]) => volume);
  return [
    ...repeated(routes.map(({ service }) => service)).map(
      (name) => `${lineOf('edge', 'routes')}: two routes to ${name}`,
    ),
    ...repeated([...routes, ...storePorts].map(({ port }) => port)).map(
      (name) => `${lineOf('edge')}: ${name} is used twice`,
    ),
    ...repeated(volumes).map((name) => `${lineOf('stores')}: two stores in volume ${name}`),
    ...readOnly.allow.flatMap((entry, index) =>
      isPlainRequest(entry)
        ? []
        : [
            `${lineOf('edge', 'readOnly', 'allow', index)}: ${entry} is not a method and an exact path of plain characters`,
          ],
    ),
  ];
}
