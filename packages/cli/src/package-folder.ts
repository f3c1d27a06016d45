// Where this package is: one folder above this file, in the source (src/) as in the build (node/). What else lies in it is found from there.

import path from 'node:path';

export const packageFolder = path.dirname(import.meta.dirname);
