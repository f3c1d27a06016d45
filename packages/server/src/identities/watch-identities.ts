// The identities of a data folder for a server that runs: read at start, and again whenever the file changes. What cannot be used is
// refused whole; what was in force stays.

import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import path from 'node:path';
import { emptyBook } from './identity-book.ts';
import { deriveSessionKey, identityFileName, readIdentities } from './identity-file.ts';
import { IdentityIndex } from './identity-index.ts';
import type { Identities, IdentitySource } from './identity-source.ts';
import type { SecretKeyPlace } from './secret-key-file.ts';

/** How often the file is looked at: a key that is disabled counts for a quarter of a second more, and the time to read. */
const checkEveryMs = 250;

export interface IdentityWatch {
  readonly onChange: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** @throws SecretFileError when the file that is there cannot be used */
export async function watchIdentities(
  place: SecretKeyPlace,
  { onChange, onProblem }: IdentityWatch,
): Promise<IdentitySource> {
  const file = path.join(place.dataDir, identityFileName);
  let identities = await read(place);
  // One after the other, so that of two changes the later one is in force in the end.
  let reading: Promise<void> = Promise.resolve();
  const reload = () => {
    reading = reading
      .then(async () => {
        identities = await read(place);
        onChange();
      })
      .catch(onProblem);
  };
  const onLook: StatsListener = (now, before) => {
    // The first look at a file that is not there is told as well, all zeros, and is no change.
    if (now.ino !== 0 || before.ino !== 0) reload();
  };
  watchFile(file, { interval: checkEveryMs, persistent: false }, onLook);
  return { current: () => identities, close: () => unwatchFile(file, onLook) };
}

async function read(place: SecretKeyPlace): Promise<Identities> {
  const kept = await readIdentities(place);
  return {
    index: new IdentityIndex(kept?.book ?? emptyBook),
    sessionKey: kept && deriveSessionKey(kept.secretKey),
  };
}
