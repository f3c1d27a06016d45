// `npm run build`: the publishable packages, in dist/. Compiles each package's source to JavaScript and declarations, rewrites its
// package.json to point at them, and then starts what was built, so that a package that cannot run is never published. Types are
// checked by `npm run check`, not here.

import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');
/** Each after those it imports. */
const folders = ['protocol', 'storage', 'server', 'sdk', 'cli'];

interface Manifest {
  name: string;
  private?: boolean;
  exports?: Record<string, unknown>;
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
  const manifest = rewriteManifest(
    JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8')) as Manifest,
  );
  writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
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

/** Pages, styles and the like, which are served as they are. */
function copyOthers(source: string, target: string): void {
  const files = globSync('**/*', { cwd: source, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    if (entry.name.endsWith('.ts') || entry.name === 'tsconfig.json') continue;
    const file = path.relative(source, path.join(entry.parentPath, entry.name));
    cpSync(path.join(source, file), path.join(target, file));
  }
}

function rewriteManifest(manifest: Manifest): Manifest {
  const built = (file: string) => file.replace(/\.ts$/, '.js');
  const declared = (file: string) => built(file).replace(/\.js$/, '.d.ts');
  return {
    ...manifest,
    ...(manifest.exports && {
      exports: Object.fromEntries(
        Object.entries(manifest.exports).map(([name, file]) => [
          name,
          { types: declared(file as string), default: built(file as string) },
        ]),
      ),
    }),
    ...(manifest.bin && {
      bin: Object.fromEntries(Object.entries(manifest.bin).map(([name, file]) => [name, built(file)])),
    }),
  };
}

/** The built command starts a built server with a durable store, and the server answers. */
function checkBuilt(): void {
  console.log('# start what was built');
  const main = path.join(dist, 'cli', 'src', 'main.js');
  run(process.execPath, [main, '--version'], dist);
  const probe = `
    import { startServer } from '@postern/server';
    import { mkdtempSync, rmSync } from 'node:fs';
    const dataDir = mkdtempSync('${path.join(dist, 'probe-')}');
    const server = await startServer({ port: 0, dataDir, buckets: [{ name: 'probe', acl: 'public-read' }] });
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
