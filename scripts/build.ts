// `npm run build`: the publishable packages, in dist/ or the folder that is named. In src/ each package has its source as JavaScript, file by file, and its
// declarations: what bundlers and the upload page take from. In node/ it has the same in few files, for Node, which takes most of a
// millisecond to find and link each. Rewrites package.json to point at both, and then starts what was built, so that a package that
// cannot run is never published. Types are checked by `npm run check`, not here.

import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const root = path.dirname(import.meta.dirname);
const dist = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
/** Each after those it imports. */
const folders = ['protocol', 'storage', 'server', 'sdk', 'cli'];

/** Files that are started as threads, by a name beside the file that starts them. */
const threadFiles: Readonly<Record<string, readonly string[]>> = {
  storage: ['./src/digest-worker.ts', './src/engines/sqlite-writer.ts'],
  server: ['./src/listening-thread.ts'],
};

interface Manifest {
  name: string;
  private?: boolean;
  exports?: Record<string, string>;
  bin?: Record<string, string>;
  [field: string]: unknown;
}

rmSync(dist, { recursive: true, force: true });
for (const folder of folders) build(folder);
checkBuilt();
console.log(`\nBuilt ${folders.length} packages in ${path.relative(process.cwd(), dist) || '.'}`);

function build(folder: string): void {
  const source = path.join(root, 'packages', folder);
  const target = path.join(dist, folder);
  console.log(`# ${folder}`);
  compile(source, target);
  copyOthers(path.join(source, 'src'), path.join(target, 'src'));
  const manifest = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8')) as Manifest;
  bundle(source, target, [
    ...Object.values({ ...manifest.exports, ...manifest.bin }),
    ...(threadFiles[folder] ?? []),
  ]);
  const rewritten = `${JSON.stringify(rewriteManifest(manifest), null, 2)}\n`;
  writeFileSync(path.join(target, 'package.json'), rewritten);
  cpSync(path.join(root, 'LICENSE'), path.join(target, 'LICENSE'));
  // What is built later finds this package, built, before the workspace's source.
  const link = path.join(dist, 'node_modules', manifest.name);
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(target, link, 'dir');
}

function compile(source: string, target: string): void {
  const config = path.join(dist, `tsconfig.${path.basename(target)}.json`);
  mkdirSync(dist, { recursive: true });
  writeFileSync(
    config,
    JSON.stringify({
      extends: path.join(root, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: false,
        noCheck: true,
        declaration: true,
        rootDir: source,
        outDir: target,
        typeRoots: [path.join(root, 'node_modules', '@types')],
        types: ['node'],
        lib: ['es2024', 'esnext.iterator', 'dom', 'dom.iterable'],
      },
      include: [path.join(source, 'src', '**/*.ts')],
    }),
  );
  run(path.join(root, 'node_modules', '.bin', 'tsc'), ['--project', config], root);
  rmSync(config);
}

/** @param entries as the manifest names them; what they share is in files of its own */
function bundle(source: string, target: string, entries: readonly string[]): void {
  buildSync({
    absWorkingDir: source,
    entryPoints: entries
      .filter((file) => !isForBrowsers(file))
      .map((file) => ({ in: file, out: path.basename(bundledFile(file), '.js') })),
    outdir: path.join(target, 'node'),
    ...{ bundle: true, splitting: true, packages: 'external' },
    ...{ platform: 'node', format: 'esm', target: 'node22', logLevel: 'warning' },
  });
}

/** A page is to get what it uses of it and no more. */
function isForBrowsers(file: string): boolean {
  return file.startsWith('./src/browser/');
}

/** All in one folder, since a file that several of them share finds what lies beside it there: of `./src/xml/index.ts` it is `xml.js`. */
function bundledFile(file: string): string {
  const name = path.basename(file, '.ts');
  const folder = path.basename(path.dirname(file));
  return `./node/${name === 'index' && folder !== 'src' ? folder : name}.js`;
}

/** Pages, styles and the like, which are served as they are. */
function copyOthers(source: string, target: string): void {
  const files = globSync('**/*', { cwd: source, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    if (entry.name.endsWith('.ts') || entry.name === 'tsconfig.json') continue;
    const file = path.relative(source, path.join(entry.parentPath, entry.name));
    cpSync(path.join(source, file), path.join(target, file));
  }
}

function rewriteManifest(manifest: Manifest): object {
  const built = (file: string) => file.replace(/\.ts$/, '.js');
  const declared = (file: string) => file.replace(/\.ts$/, '.d.ts');
  return {
    ...manifest,
    ...(manifest.exports && {
      exports: Object.fromEntries(
        Object.entries(manifest.exports).map(([name, file]) => [
          name,
          {
            types: declared(file),
            ...(isForBrowsers(file) ? {} : { node: bundledFile(file) }),
            default: built(file),
          },
        ]),
      ),
    }),
    ...(manifest.bin && {
      bin: Object.fromEntries(Object.entries(manifest.bin).map(([name, file]) => [name, bundledFile(file)])),
    }),
  };
}

/** The built command says its version; a built server with a durable store takes an upload, and answers. */
function checkBuilt(): void {
  console.log('# start what was built');
  const main = path.join(dist, 'cli', 'node', 'main.js');
  run(process.execPath, [main, '--version'], dist);
  const probe = `
    import { startServer } from '@postern/server';
    import { mkdtempSync, rmSync } from 'node:fs';
    const dataDir = mkdtempSync('${path.join(dist, 'probe-')}');
    const server = await startServer({ port: 0, dataDir, buckets: [{ name: 'probe', acl: 'public-read-write' }] });
    // Large enough for the thread that computes digests.
    const put = await fetch(server.endpoint + '/probe/object', { method: 'PUT', body: new Uint8Array(2 ** 21) });
    if (put.status !== 200) throw new Error('the built server answered an upload with ' + put.status);
    const answer = await fetch(server.endpoint + '/probe/?max-keys=1');
    if (answer.status !== 200) throw new Error('the built server answered ' + answer.status);
    await server.close();
    rmSync(dataDir, { recursive: true });
  `;
  run(process.execPath, ['--input-type=module', '--eval', probe], dist);
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
