// The data port, with all that stands behind it but the store: put together once in each thread that listens.

import type { ObjectStore } from '@postern/storage';
import { type AccessKey, createCredentials } from './access/credentials.ts';
import type { TakeNonce } from './access/nonce-memory.ts';
import { nodeHashes } from './body/node-hashes.ts';
import { createCallbackSender } from './callback/callback.ts';
import type { CallbackKeySource } from './callback/callback-key.ts';
import { SignedPolicies } from './form/signed-policies.ts';
import type { Log } from './http/access-log.ts';
import { type Listener, listen, type Timeouts } from './http/listen.ts';
import type { Load } from './http/load.ts';
import { readTlsPair, type TlsFiles, watchTlsFiles } from './http/tls-files.ts';
import type { IdentitySource } from './identities/identity-source.ts';
import { createServe } from './serve.ts';
import type { ServerSettings } from './server-settings.ts';
import { TokenService } from './token-service.ts';

/** Where the port is, and how it behaves. The same for all threads that listen on it, and can be sent to them. */
export interface DataPortPlan {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Other threads listen on it too. */
  readonly sharesPort: boolean;
  readonly tls: TlsFiles | undefined;
  readonly ticketKeys: Uint8Array;
  readonly timeouts: Partial<Timeouts> | undefined;
  readonly settings: ServerSettings;
  readonly keys: readonly AccessKey[];
  /** To whom all that is kept belongs. */
  readonly account: string;
}

/** What stands behind it. */
export interface DataPortParts {
  readonly store: ObjectStore;
  readonly identities: IdentitySource;
  readonly callbackKey: CallbackKeySource;
  readonly takeNonce: TakeNonce;
  readonly load: Load;
  readonly log: Log;
  readonly clock: () => number;
  /** Told when there is a new certificate. */
  readonly onTlsPair?: () => void;
}

/** @throws TlsFilesError, the system's error when the port cannot be bound */
export async function openDataPort(
  plan: DataPortPlan,
  parts: DataPortParts,
): Promise<Pick<Listener, 'port' | 'close'>> {
  const { host, port, sharesPort, tls, settings, keys, account } = plan;
  const { store, identities, callbackKey, takeNonce, load, log, clock } = parts;
  const hashes = nodeHashes;
  const callbacks = createCallbackSender({ settings, key: callbackKey, clock });
  const credentials = createCredentials({ keys, identities, account, hashes });
  const tokens = new TokenService({ credentials, identities, account, hashes, settings, takeNonce });
  const policies = new SignedPolicies(hashes);
  const services = { store, credentials, callbacks, settings, hashes, policies, clock };
  const serve = createServe({ services, callbackKey, tokens, load, log });
  const listener = await listen({
    ...{ host, port, sharesPort, serve, load, log },
    ...(plan.timeouts && { timeouts: plan.timeouts }),
    ...(tls && { tls: await readTlsPair(tls), ticketKeys: Buffer.from(plan.ticketKeys) }),
  });
  const stopWatching = tls && followTlsFiles(tls, listener, parts);
  return {
    port: listener.port,
    close: async (graceMs) => {
      stopWatching?.();
      await listener.close(graceMs);
    },
  };
}

/** @returns what stops it */
function followTlsFiles(files: TlsFiles, listener: Listener, { log, onTlsPair }: DataPortParts): () => void {
  return watchTlsFiles(files, {
    onChange: (pair) => {
      listener.replaceTlsPair(pair);
      onTlsPair?.();
    },
    onProblem: (error) => log.error({ error }, 'the certificate was not replaced'),
  });
}
