// The scripts of the upload page as a browser takes them. Run from source, each TypeScript file is sent with its types taken off; in the
// built package the compiled file is there already. Imports of packages become paths below /-/upload/modules/, so that no bundler and
// no import map is needed.

import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../package-folder.ts';

/** Its script, its style and its pictures. */
export const pageFolder = path.join(packageFolder, 'src', 'development', 'page');

const modulesPath = '/-/upload/modules';

/** The entry of each package a page's script may import. */
const entryFiles: Readonly<Record<string, string>> = {
  '@postern/protocol': fileURLToPath(import.meta.resolve('@postern/protocol')),
  '@postern/sdk': fileURLToPath(import.meta.resolve('@postern/sdk')),
};

/** What is served, by its first name in the path: nothing outside these folders. */
const roots: Readonly<Record<string, string>> = {
  page: pageFolder,
  protocol: path.dirname(entryFiles['@postern/protocol'] as string),
  // Its browser entry imports from beside its own folder.
  sdk: path.dirname(path.dirname(entryFiles['@postern/sdk'] as string)),
};

/** Parts of packages that no page needs: signing, Node's client, documents. */
const notForPages = /^(sdk\/(sign|client)|protocol\/xml)\//;

const extension = path.extname(import.meta.filename);

export const pageScriptPath = `${modulesPath}/page/upload-page${extension}`;

export interface PageModule {
  /** Where the browser finds it. */
  readonly path: string;
  /** JavaScript. */
  readScript(): string;
}

/** Every module that the page's script can import, directly or not. */
export function listPageModules(): PageModule[] {
  return Object.entries(roots).flatMap(([name, root]) =>
    globSync(`**/*${extension}`, { cwd: root })
      .map((file) => ({ file, urlPath: `${name}/${file.split(path.sep).join('/')}` }))
      .filter(({ urlPath }) => !urlPath.endsWith('.d.ts') && !notForPages.test(urlPath))
      .map(({ file, urlPath }) => ({
        path: `${modulesPath}/${urlPath}`,
        readScript: () => writeScript(readFileSync(path.join(root, file), 'utf8')),
      })),
  );
}

function writeScript(source: string): string {
  const script = extension === '.ts' ? stripTypes(source) : source;
  return script.replaceAll(/(\bfrom\s*|\bimport\s*)'(@postern\/[a-z]+)'/g, (whole, before, name) => {
    const entry = entryFiles[name];
    return entry === undefined ? whole : `${before}'${findUrlPath(entry)}'`;
  });
}

function findUrlPath(file: string): string {
  const [name = '', root = ''] =
    Object.entries(roots).find(([, folder]) => file.startsWith(folder + path.sep)) ?? [];
  return `${modulesPath}/${name}/${path.relative(root, file).split(path.sep).join('/')}`;
}

/** Node warns, once and on stderr, that this function is young; whoever opens the upload page has no use for that. */
function stripTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
