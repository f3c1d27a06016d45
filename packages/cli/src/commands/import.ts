// `postern import`: the store that an export was made of, in a data folder that has none. All of it, or nothing.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { writeSize } from '@postern/sdk/sign';
import { Command } from 'commander';
import { CommandError, cannotRead } from '../command-error.ts';
import { addDataDirFlag, withDataDir } from '../offline-command.ts';
import { showText } from '../oss-url.ts';
import { ProgressBar } from '../progress-bar.ts';

export function importCommand(): Command {
  const command = new Command('import')
    .summary('Make a store from an export')
    .description(
      'Make the store that an export was made of, in a data folder without buckets, while no server runs on it. An export that is cut off or altered is refused, and nothing of it stays.',
    )
    .argument('<file>', 'an export; - for standard input')
    .addHelpText(
      'after',
      `
Examples:
  $ postern import backup.postern --data-dir /srv/postern
  $ zstd -d < backup.postern.zst | postern import - --data-dir /srv/postern`,
    )
    .action((file: string) => withDataDir(command, (dataDir) => read(dataDir, file)));
  return addDataDirFlag(command);
}

async function read(dataDir: string, file: string): Promise<void> {
  const { importStore, DumpError } = await import('@postern/server');
  try {
    const { buckets, versions, bytes } = await importStore(
      dataDir,
      file === '-' ? process.stdin : await readFile(file),
    );
    console.error(`Imported: buckets ${buckets}, object versions ${versions}, ${writeSize(bytes)}.`);
  } catch (error) {
    if (error instanceof DumpError)
      throw new CommandError(`${showText(error.message)} Nothing was imported.`, { cause: error });
    throw error;
  }
}

async function readFile(file: string): Promise<AsyncIterable<Uint8Array>> {
  const { size } = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw cannotRead(file, cause);
  });
  return withProgress(createReadStream(file), new ProgressBar(file, size));
}

async function* withProgress(
  chunks: AsyncIterable<Uint8Array>,
  bar: ProgressBar,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  try {
    for await (const chunk of chunks) {
      yield chunk;
      done += chunk.length;
      bar.update(done);
    }
  } finally {
    bar.finish();
  }
}
