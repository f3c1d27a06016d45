// GetObject in gzip (GetObject reference, "Accept-Encoding"): text of 1 KiB or more is compressed on its way out for a client that asks
// for gzip by name. What goes out then is not the object byte for byte: it has no ETag, no MD5 and no length, and no part of it can be
// asked for. Nothing but the object is in the stream, so its length tells nothing that the object does not.

import { pipeline } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { BegunBody } from '../body/begin-body.ts';
import type { OssRequest, Reply } from '../call.ts';

const sizeBytesMin = 1024;

/** The documented list, and HTML. */
const compressibleTypes: ReadonlySet<string> = new Set([
  'text/cache-manifest',
  'text/html',
  'text/xml',
  'text/plain',
  'text/css',
  'text/json',
  'application/javascript',
  'application/x-javascript',
  'application/rss+xml',
  'application/json',
]);

/** About the object as a whole and as it is stored. */
const headersOfTheWhole: readonly string[] = ['etag', 'content-md5', 'content-length', 'accept-ranges'];

/**
 * The same reply, in gzip where that is wanted and worth it. `vary` says that there are two, also where this one is not compressed.
 *
 * @param reply of the whole object, with its length
 */
export function gzipReply(request: OssRequest, reply: Reply & { body: BegunBody }): Reply {
  const { headers = {}, body } = reply;
  if (!isCompressible(headers)) return reply;
  const varied = { ...headers, vary: 'Accept-Encoding' };
  if (!wantsGzip(request)) return { ...reply, headers: varied };
  const kept = Object.entries(varied).filter(([name]) => !headersOfTheWhole.includes(name));
  return { ...reply, headers: { ...Object.fromEntries(kept), 'content-encoding': 'gzip' }, body: gzip(body) };
}

function isCompressible(headers: Readonly<Record<string, string>>): boolean {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return (
    compressibleTypes.has(type) &&
    headers['content-encoding'] === undefined &&
    Number(headers['content-length']) >= sizeBytesMin
  );
}

/** `*` does not count: whoever sends it has not thought of gzip. */
function wantsGzip({ headers, contentLength }: OssRequest): boolean {
  // Behind a request that says it has a body the connection may be cut early; only a length tells such a client that it has everything.
  if (contentLength !== undefined || headers.has('transfer-encoding')) return false;
  return (headers.get('accept-encoding') ?? '').split(',').some((coding) => {
    const [name = '', ...parameters] = coding.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

/** Reads no further ahead than one stream's buffer. What reading the body throws, reading this throws. */
async function* gzip(body: BegunBody): AsyncGenerator<Uint8Array, void, void> {
  // The first level compresses text almost as far as the others and costs a third of their time.
  const compressor = createGzip({ level: constants.Z_BEST_SPEED });
  // An error destroys the compressor, and with it the loop below ends in that error.
  pipeline(body instanceof Uint8Array ? [body] : body, compressor, () => {});
  yield* compressor;
}
