import { type Environment, readClientConfig } from '../config.ts';
import type { Context } from './context.ts';
import { homeDirectory } from './embedded/home.ts';
import { readEmbedded } from './embedded/plane.ts';
import { connect } from './operations.ts';
import { processOutput } from './output.ts';

/** The context of a command in this process. */
export function processContext(): Context {
  return {
    env: process.env,
    output: processOutput,
    connect: () => connect(readClientConfig(withEmbeddedAddress(process.env))),
    onInterrupt: interruptOnce(),
  };
}

/** The embedded control plane of this home, unless an address was given. */
function withEmbeddedAddress(env: Environment): Environment {
  if (env['DRYDOCK_TEMPORAL_ADDRESS']) return env;
  const embedded = readEmbedded(homeDirectory(env));
  return embedded === undefined ? env : { ...env, DRYDOCK_TEMPORAL_ADDRESS: embedded.address };
}

/** One signal for the whole command: after Ctrl-C its later procedures do not begin. */
function interruptOnce(): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller === undefined) {
      const fresh = new AbortController();
      process.once('SIGINT', () => fresh.abort());
      controller = fresh;
    }
    return controller.signal;
  };
}
