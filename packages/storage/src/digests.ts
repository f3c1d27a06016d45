// The two digests that OSS tells of every body: MD5 (the ETag, Content-MD5) and CRC-64/XZ (x-oss-hash-crc64ecma).

import { createHash, hash } from 'node:crypto';
import { Crc64 } from './crc64.ts';
import { beginThreadedDigests } from './digest-threads.ts';

export interface Digests {
  /** Bytes of the body. */
  readonly size: number;
  /** Upper-case hex. */
  readonly md5: string;
  /** Unsigned decimal. */
  readonly crc64: string;
}

/** Of a body on its way in. */
export interface BodyDigests {
  /** Resolves when more may come. The chunk may be used again afterwards. */
  update(chunk: Uint8Array): void | Promise<void>;
  /** Once, at the end. */
  finish(): Digests | Promise<Digests>;
  /** Instead of `finish`, when nobody wants to know any more. */
  abandon(): void;
}

/** Above this it is less work to send the bytes to another thread than to digest them. */
const unthreadedBytesMax = 32 * 1024;

/** @param bytesExpected of the body, if that is known */
export function beginDigests(bytesExpected = 0): BodyDigests {
  const threaded = bytesExpected > unthreadedBytesMax ? beginThreadedDigests(bytesExpected) : undefined;
  return threaded ?? new RunningDigests();
}

/** Of a body that comes in chunks, here and now. */
export class RunningDigests implements BodyDigests {
  #size = 0;
  readonly #md5 = createHash('md5');
  readonly #crc64 = new Crc64();

  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    this.#md5.update(chunk);
    this.#crc64.update(chunk);
  }

  /** Once, at the end. */
  finish(): Digests {
    return {
      size: this.#size,
      md5: this.#md5.digest('hex').toUpperCase(),
      crc64: this.#crc64.digest(),
    };
  }

  abandon(): void {}
}

/** Of a body that is all there: without the hash object, which costs more than hashing a few KiB. */
export function digestsOf(body: Uint8Array): Digests {
  const crc64 = new Crc64();
  crc64.update(body);
  return { size: body.length, md5: hash('md5', body, 'hex').toUpperCase(), crc64: crc64.digest() };
}
