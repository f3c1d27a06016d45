// A file that is on disk with all its bytes when the call returns, except for its name: see flush-folder.ts.

import { open } from 'node:fs/promises';

const fileMode = 0o600;

export async function writeFlushed(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w', fileMode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
