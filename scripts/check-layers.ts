// Arrows point down only: cli, conformance, bench → sdk → protocol ← server → storage. Fails on an import that points up, on a `node:`
// import or a runtime's global in a package that must run anywhere, and on a package imported without being declared.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);

/**
 * Per folder: which of our packages it may import, and whether it may use Node. One outside of the workspace cannot declare our packages:
 * it finds them in the folders above it.
 */
const LAYERS: readonly { folder: string; ours: readonly string[]; node: boolean; isOutside?: boolean }[] = [
  { folder: 'packages/protocol/src', ours: [], node: false },
  { folder: 'packages/storage/src', ours: ['@postern/protocol'], node: true },
  { folder: 'packages/server/src', ours: ['@postern/protocol', '@postern/storage'], node: true },
  { folder: 'packages/sdk/src/browser', ours: ['@postern/protocol'], node: false },
  { folder: 'packages/sdk/src/sign', ours: ['@postern/protocol'], node: false },
  { folder: 'packages/sdk/src/client', ours: ['@postern/protocol'], node: true },
  { folder: 'packages/cli/src', ours: ['@postern/protocol', '@postern/sdk', '@postern/server'], node: true },
  {
    folder: 'bench',
    ours: ['@postern/protocol', '@postern/sdk', '@postern/server', '@postern/storage'],
    node: true,
    isOutside: true,
  },
];

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

export function findLayerFaults(): string[] {
  const faults: string[] = [];
  for (const { folder, ours, node, isOutside = false } of LAYERS) {
    const manifest = JSON.parse(readFileSync(path.join(root, packageFolder(folder), 'package.json'), 'utf8'));
    const declared = new Set([
      manifest.name,
      ...Object.keys(manifest.dependencies ?? {}),
      ...(isOutside ? ours : []),
    ]);
    const files = globSync('**/*.ts', { cwd: path.join(root, folder), exclude: ['**/node_modules/**'] });
    if (files.length === 0) faults.push(`${folder}: no files found, nothing was checked`);
    for (const file of files) {
      const text = readFileSync(path.join(root, folder, file), 'utf8');
      for (const match of text.matchAll(importPattern)) {
        const target = (match[1] ?? match[2] ?? match[3]) as string;
        const fault = target.startsWith('.')
          ? findPathFault(folder, file, target, isOutside)
          : findFault(target, ours, node, declared);
        if (fault) faults.push(`${folder}/${file}: ${fault}`);
      }
    }
  }
  return faults;
}

/** A package reaches others by their names and exports. What is outside of them all has its own reasons to look inside. */
function findPathFault(folder: string, file: string, target: string, isOutside: boolean): string | undefined {
  if (!target.endsWith('.ts')) return `imports ${target} without its ending`;
  const imported = path.join(folder, path.dirname(file), target);
  return isOutside || imported.startsWith(`${packageFolder(folder)}/`)
    ? undefined
    : `imports ${imported} by its path`;
}

function findFault(
  target: string,
  ours: readonly string[],
  node: boolean,
  declared: ReadonlySet<string>,
): string | undefined {
  if (target.startsWith('node:')) return node ? undefined : `imports ${target}, but must run without Node`;
  const name = target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
  if (name.startsWith('@postern/') && !ours.includes(name)) return `imports ${name}, which is not below it`;
  if (!declared.has(name)) return `imports ${name}, which its package.json does not declare`;
  return undefined;
}

function packageFolder(folder: string): string {
  return folder.split('/').slice(0, 2).join('/');
}
