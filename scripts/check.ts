// Everything that can be said of the source without running it: format and lint, types, layers. `npm run check`.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { findLayerFaults } from './check-layers.ts';

const root = path.dirname(import.meta.dirname);
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name);

let failed = false;

function step(title: string, command: string, args: readonly string[]): void {
  console.log(`\n# ${title}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(error.message);
  if (status !== 0) failed = true;
}

step('format and lint', bin('biome'), ['check', '--error-on-warnings']);
const projects = globSync(
  [
    'tsconfig.json',
    'packages/*/tsconfig.json',
    'packages/*/src/**/tsconfig.json',
    'conformance/*/tsconfig.json',
  ],
  { cwd: root },
);
for (const project of projects) step(`types: ${project}`, bin('tsc'), ['--project', project, '--noEmit']);

console.log('\n# layers');
const faults = findLayerFaults();
for (const fault of faults) console.error(fault);
if (faults.length > 0) failed = true;
else console.log('no import points up');

process.exit(failed ? 1 : 0);
