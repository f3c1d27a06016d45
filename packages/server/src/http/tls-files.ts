// The certificate and the private key of the data port: read at start, and again whenever the files change, so that a renewed certificate
// needs no restart. What cannot be used is refused whole; the pair in force stays.

import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadNodeTls } from './node-http.ts';

export interface TlsFiles {
  /** PEM, the chain behind the certificate included. */
  readonly certFile: string;
  /** PEM, without a passphrase. */
  readonly keyFile: string;
  /** How often the files are looked at for a change; default 5 s. */
  readonly checkEveryMs?: number;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const defaultCheckEveryMs = 5_000;

/** The files are missing, hold something else, or do not belong together. The message says which to whoever configured them. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/** @throws TlsFilesError */
export async function readTlsPair({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    // Also finds a key that belongs to another certificate.
    loadNodeTls().createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    const { message } = cause as Error;
    throw new TlsFilesError(
      `The certificate ${certFile} with the key ${keyFile} cannot be used: ${message}.`,
      { cause },
    );
  }
}

export interface TlsWatch {
  readonly onChange: (pair: TlsPair) => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * By looking at them, not by events of the file system: renewal tools replace files and the links to them. While only one of the two has
 * been replaced they do not fit; the change of the other settles it.
 *
 * @returns stops watching
 */
export function watchTlsFiles(files: TlsFiles, { onChange, onProblem }: TlsWatch): () => void {
  const reload = () => void readTlsPair(files).then(onChange, onProblem);
  const names = [files.certFile, files.keyFile];
  const options = { interval: files.checkEveryMs ?? defaultCheckEveryMs, persistent: false };
  for (const name of names) watchFile(name, options, reload);
  return () => {
    for (const name of names) unwatchFile(name, reload);
  };
}
