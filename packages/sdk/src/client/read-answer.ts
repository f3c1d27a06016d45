// Answers of a store, read within bounds: documents as XML trees, refusals as OssClientError. A HEAD has no body, so its refusal comes in
// the header `x-oss-err`.

import { readXml, type XmlElement, xmlBytesMax } from '@postern/protocol/xml';
import { OssClientError } from './oss-client-error.ts';
import type { HttpAnswer } from './send-request.ts';

/** An error document is a few hundred bytes; the explanation of a signature can be a few thousand. */
const errorBytesMax = 64 * 1024;

/** The root element of a document of at most 2 MB. */
export async function readDocument(answer: HttpAnswer, rootName: string): Promise<XmlElement> {
  return readXml(await readBytes(answer, xmlBytesMax), rootName);
}

/** Lets the connection be used again. */
export async function skipBody(answer: HttpAnswer): Promise<void> {
  await readBytes(answer, errorBytesMax);
}

/** 203 is how a store says that an object was kept and its callback failed. */
export function isRefusal({ statusCode }: HttpAnswer): boolean {
  return statusCode >= 300 || statusCode === 203;
}

export async function readRefusal(answer: HttpAnswer): Promise<OssClientError> {
  const { statusCode: status, statusMessage, headers } = answer;
  const body = await readBytes(answer, errorBytesMax).catch(() => Buffer.alloc(0));
  const inHeader = headers['x-oss-err'];
  const document = body.length > 0 ? body : Buffer.from(String(inHeader ?? ''), 'base64');
  const text = findElements(document);
  const ec = text.get('EC') ?? headers['x-oss-ec'];
  const requestId = text.get('RequestId') ?? headers['x-oss-request-id'];
  return new OssClientError(
    {
      status,
      code: text.get('Code') ?? (status === 404 ? 'NoSuchKey' : `HTTP${status}`),
      ec: ec === undefined ? undefined : String(ec),
      requestId: requestId === undefined ? undefined : String(requestId),
    },
    text.get('Message') ?? `The store answered ${status} ${statusMessage ?? ''}`.trimEnd(),
  );
}

/** Empty when this is no error document: something between here and the store answered in its place. */
function findElements(document: Uint8Array): ReadonlyMap<string, string> {
  try {
    return new Map(readXml(document, 'Error').children.map(({ name, text }) => [name, text]));
  } catch {
    return new Map();
  }
}

async function readBytes(answer: HttpAnswer, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new Error(`the store's answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
