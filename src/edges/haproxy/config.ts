import { DrydockError } from '../../errors.ts';
import { colouredService } from '../../model/instance/names.ts';
import { repeated } from '../../model/words/repeated.ts';
import type { EdgeColour, EdgeFiles } from '../edge.ts';

/** The services behind an instance's edge. Listen ports are ports inside the edge's container, each used once. */
export interface EdgePlan {
  instance: string;
  /** Directory of the edge inside its container: configuration, maps and admin socket. */
  mountPoint: string;
  routes: readonly { name: string; listenPort: number; service: string; target: number }[];
  /** Ports of stores for tools, passed through unchanged: neither colour nor mode applies to them. */
  storePorts: readonly { listenPort: number; service: string; target: number }[];
  readOnly: { allow: readonly string[]; retryAfterSeconds: number };
  colour: EdgeColour;
}

type Route = EdgePlan['routes'][number];

// HAProxy's own early answer closes the connection during a large upload, and most clients then see a broken connection
// instead of the answer. This script first reads the request to its end.
const refusal = `core.register_service('refuse', 'http', function(applet)
  repeat
    local chunk = applet:receive()
  until chunk == nil or #chunk == 0
  local seconds = applet:get_var('txn.retry')
  local body = string.format('{"error":"%s","instance":"%s","retryAfterSeconds":%d}',
    applet:get_var('txn.refusal'), applet:get_var('txn.instance'), seconds)
  applet:set_status(503)
  applet:add_header('Content-Type', 'application/json')
  applet:add_header('Content-Length', tostring(#body))
  applet:add_header('Retry-After', tostring(seconds))
  applet:start_response()
  applet:send(body)
end)
`;

/** What the proxy is started with. */
export const configurationFile = 'haproxy.cfg';

/** Path on every route that the edge answers itself, in every mode. */
export const edgeHealthPath = '/.well-known/drydock/edge';

const edgeColours = ['blue', 'green'] as const;

/** A backend serves reads or writes of one route in one colour, so that writes in flight and the users of a colour can be counted. */
export interface Backend {
  route: string;
  colour: EdgeColour;
  access: 'read' | 'write';
}

/** No colour and no access has the separator in its name, so a name is read from its end. */
export function backendName({ route, colour, access }: Backend): string {
  return [route, colour, access].join('-');
}

/** Undefined for what is no backend of a route. */
export function backendOf(name: string): Backend | undefined {
  const [access, colour, ...route] = name.split('-').reverse();
  const [known, either] = [edgeColours.find((one) => one === colour), accesses.find((one) => one === access)];
  if (known === undefined || either === undefined) return undefined;
  return { route: route.reverse().join('-'), colour: known, access: either };
}

const accesses = ['read', 'write'] as const;

/** Longest time from a request to the end of its answer. */
export const longestAnswerMs = 600_000;

/**
 * The files of an edge for HAProxy 2.6 or later. Every request looks up colour and mode in maps, so both change at once
 * and without a reload; a colour without containers comes up by itself when its name resolves.
 */
export function renderEdge(plan: EdgePlan): EdgeFiles {
  refuseBadPlan(plan);
  const sections = [
    header(plan),
    ...plan.routes.map((route) => frontend(plan, route)),
    ...plan.routes.flatMap((route) => edgeColours.flatMap((colour) => backends(route, colour))),
    ...plan.storePorts.map(passThrough),
  ];
  return {
    settings: { [configurationFile]: `${sections.join('\n\n')}\n`, 'refusal.lua': refusal },
    initial: { mode: 'open', colour: plan.colour },
  };
}

function header({ mountPoint }: EdgePlan): string {
  // One server connection per request: the application may close a kept one just when a POST goes over it, and a POST
  // cannot be repeated. Clients keep their connections. Query strings are not logged: they may hold secrets. A
  // restarted container has another address: a try must not hang on the old one for long, and the next try asks anew. A
  // reload closes each kept connection only with one more answer, since a request may be on its way.
  return `global
  log stdout format raw local0 info
  maxconn 2000
  stats socket ${mountPoint}/admin.sock mode 600 level admin expose-fd listeners
  stats timeout 1m
  lua-load ${mountPoint}/refusal.lua
  hard-stop-after 10m

defaults http
  mode http
  log global
  option http-server-close
  option idle-close-on-response
  option forwardfor
  option redispatch 1
  retries 5
  timeout connect 2s
  timeout queue 30s
  timeout http-request 30s
  timeout http-keep-alive 75s
  timeout client 5m
  timeout server ${longestAnswerMs / 1000}s
  timeout tunnel 1h
  log-format "%ci [%tr] %ft %b %ST %B %Tw/%Tc/%Tr/%Ta %tsc %HM %HPO"
  http-error status 503 content-type application/json hdr Retry-After 5 string '{"error":"unavailable"}'

defaults tcp
  mode tcp
  log global
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option dontlog-normal

resolvers docker
  nameserver dns 127.0.0.11:53
  resolve_retries 2
  timeout resolve 500ms
  timeout retry 500ms
  hold valid 1s
  hold nx 500ms
  hold other 1s
  hold refused 1s
  hold timeout 1s
  hold obsolete 1s`;
}

function frontend({ instance, mountPoint, readOnly }: EdgePlan, route: Route): string {
  const refuse = (error: string, condition: string) =>
    `  http-request set-var(txn.refusal) str(${error}) if ${condition}
  http-request use-service lua.refuse if ${condition}
`;
  const allowed = readOnly.allow.map((entry) => {
    const [method, path] = entry.split(' ');
    return `  http-request set-var(txn.kind) str(read) if { method ${method} } { path -m str ${path} }\n`;
  });
  return `frontend ${route.name} from http
  bind :${route.listenPort}
  http-request set-var(txn.mode) str(instance),map(${mountPoint}/mode.map,open)
  http-request return status 200 content-type application/json lf-string '{"instance":"${instance}","mode":"%[var(txn.mode)]"}' if { path ${edgeHealthPath} }
  http-request set-var(txn.instance) str(${instance})
  http-request set-var(txn.retry) int(${readOnly.retryAfterSeconds})
${refuse('maintenance', '{ var(txn.mode) -m str maintenance }')}  http-request set-var(txn.kind) str(write)
  http-request set-var(txn.kind) str(read) if { method GET HEAD OPTIONS }
${allowed.join('')}${refuse('read-only', '{ var(txn.mode) -m str read-only } { var(txn.kind) -m str write }')}  use_backend ${route.name}-%[str(release),map(${mountPoint}/colour.map,blue)]-%[var(txn.kind)]`;
}

function backends(route: Route, colour: EdgeColour): string[] {
  return accesses.map(
    (access) => `backend ${backendName({ route: route.name, colour, access })} from http
  ${server(colouredService(route.service, colour), route.target)}`,
  );
}

function passThrough({ listenPort, service, target }: EdgePlan['storePorts'][number]): string {
  return `listen store-${service}-${listenPort} from tcp
  bind :${listenPort}
  ${server(service, target)}`;
}

function server(host: string, port: number): string {
  return `server main ${host}:${port} resolvers docker resolve-prefer ipv4 init-addr last,libc,none`;
}

/** Values that would need quoting in the configuration are refused. */
function refuseBadPlan(plan: EdgePlan): void {
  const ports = [...plan.routes, ...plan.storePorts].map((port) => port.listenPort);
  const names = plan.routes.map((route) => route.name);
  const problems = [
    ...repeated(ports).map((port) => `port ${port} of the edge is used twice`),
    ...repeated(names).map((name) => `route ${name} is named twice`),
    ...plan.readOnly.allow
      .filter((entry) => !isPlainRequest(entry))
      .map((entry) => `'${entry}' is not a method and an exact path of plain characters`),
  ];
  if (problems.length === 0) return;
  throw new DrydockError('invalid-input', `render the edge of ${plan.instance}: ${problems.length} problem(s)`, {
    problems,
  });
}

/** A method and an exact path whose characters need no quoting in the proxy's configuration. */
export function isPlainRequest(entry: string): boolean {
  return /^(POST|PUT|PATCH|DELETE) \/[\w./~%:@+-]*$/.test(entry);
}
