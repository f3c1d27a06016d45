// Every case there is, in the order in which they run.

import type { Case } from './bench-run.ts';
import { openUploadsCase } from './cases/open-uploads.ts';
import { prefixCases } from './cases/prefixes.ts';
import { readCases } from './cases/reads.ts';
import { startCases } from './cases/starts.ts';
import { uploadCases } from './cases/uploads.ts';

export const CASES: readonly Case[] = [
  ...uploadCases,
  openUploadsCase,
  ...readCases,
  ...prefixCases,
  ...startCases,
];
