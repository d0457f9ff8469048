import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/client';
import type { TemporalConfig } from './config.ts';
import { DrydockError } from './errors.ts';
import { given } from './given.ts';

/** How command and workers reach Temporal. Reads the files that the configuration names. */
export function connectionOptions({ address, tls, apiKey }: TemporalConfig) {
  return { address, tls: tls === undefined ? null : tlsConfig(tls), ...given({ apiKey: apiKey?.reveal() }) };
}

function tlsConfig(tls: NonNullable<TemporalConfig['tls']>): TLSConfig {
  const { serverName, serverCaFile, clientCertFile, clientKeyFile } = tls;
  if ((clientCertFile === undefined) !== (clientKeyFile === undefined)) {
    throw new DrydockError(
      'invalid-input',
      'connect to Temporal with TLS: one half of the client certificate is missing',
      {
        next: 'set both TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH',
      },
    );
  }
  return {
    ...given({ serverNameOverride: serverName }),
    ...(serverCaFile === undefined ? {} : { serverRootCACertificate: readFileSync(serverCaFile) }),
    ...(clientCertFile === undefined || clientKeyFile === undefined
      ? {}
      : { clientCertPair: { crt: readFileSync(clientCertFile), key: readFileSync(clientKeyFile) } }),
  };
}
