// `postern export`: a whole store as one file, or to a pipe. The file has its name only once it is whole.

import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { CommandError, UsageError } from '../command-error.ts';
import { addDataDirFlag, withDataDir } from '../offline-command.ts';
import { showText } from '../oss-url.ts';
import { ProgressBar } from '../progress-bar.ts';

export function exportCommand(): Command {
  const command = new Command('export')
    .summary('Write a whole store to one file')
    .description(
      'Write a whole store to one file, while no server runs on it: buckets with their settings, every version of every object, bodies. Access keys are not in it.',
    )
    .argument('<file>', 'where to; - for standard output')
    .addHelpText(
      'after',
      `
Examples:
  $ postern export --data-dir /srv/postern backup.postern
  $ postern export --data-dir /srv/postern - | zstd > backup.postern.zst`,
    )
    .action((file: string) => withDataDir(command, (dataDir) => write(dataDir, file)));
  return addDataDirFlag(command);
}

async function write(dataDir: string, file: string): Promise<void> {
  const { exportStore, ExportError } = await import('@postern/server');
  let bar: ProgressBar | undefined;
  const stream = exportStore(dataDir, (doneBytes, totalBytes) => {
    bar ??= new ProgressBar(dataDir, totalBytes);
    bar.update(doneBytes);
  });
  try {
    if (file === '-') await writeOut(stream);
    else await writeFile(stream, file);
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    throw new CommandError(`${showText(error.message)}\npostern fsck --repair moves such objects aside`, {
      cause: error,
    });
  } finally {
    bar?.finish();
  }
}

async function writeOut(stream: AsyncIterable<Uint8Array>): Promise<void> {
  if (process.stdout.isTTY)
    throw new UsageError('an export is no text for a terminal: name a file, or pipe it on');
  await pipeline(Readable.from(stream), process.stdout, { end: false });
}

async function writeFile(stream: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const unfinished = `${file}.part`;
  try {
    await pipeline(Readable.from(stream), createWriteStream(unfinished, { mode: 0o600 }));
    const written = await open(unfinished, 'r+');
    await written.sync();
    await written.close();
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
