import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/client';
import type { TemporalConfig } from './config.ts';
import { DrydockError } from './errors.ts';

/** How command and workers talk to a Temporal that wants TLS. Reads the files that the configuration names. */
export function tlsConfig(tls: NonNullable<TemporalConfig['tls']>): TLSConfig {
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
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    ...(serverCaFile === undefined ? {} : { serverRootCACertificate: readFileSync(serverCaFile) }),
    ...(clientCertFile === undefined || clientKeyFile === undefined
      ? {}
      : { clientCertPair: { crt: readFileSync(clientCertFile), key: readFileSync(clientKeyFile) } }),
  };
}
