// The sentence for each kind of error that a user can do something about.

import { OssError } from '@postern/protocol';
import { OssClientError, OssConnectionError, OssIntegrityError } from '@postern/sdk/client';
import { IdentityError, SecretFileError } from '@postern/server/identities';
import { CommandError, UsageError } from './command-error.ts';

/** @returns undefined for what nobody foresaw */
export function describeError(error: unknown): string | undefined {
  if (error instanceof OssClientError) return describeRefusal(error);
  if (error instanceof OssConnectionError) return describeNoAnswer(error);
  // A name or a policy that no store would take.
  if (error instanceof OssError) return `${error.code}: ${error.message}`;
  const isForeseen = [UsageError, CommandError, SecretFileError, IdentityError, OssIntegrityError].some(
    (kind) => error instanceof kind,
  );
  return isForeseen ? (error as Error).message : undefined;
}

function describeRefusal({ code, message, status, ec, requestId }: OssClientError): string {
  const facts = [String(status), ...(ec ? [`EC ${ec}`] : []), ...(requestId ? [`request ${requestId}`] : [])];
  const advice = refusalAdvice.get(code);
  return `${code}: ${message} (${facts.join(', ')})${advice ? `\n${advice}` : ''}`;
}

const refusalAdvice: ReadonlyMap<string, string> = new Map([
  [
    'InvalidAccessKeyId',
    'Which key was used: -i, POSTERN_ACCESS_KEY_ID, OSS_ACCESS_KEY_ID, else the development key.',
  ],
  [
    'SignatureDoesNotMatch',
    'Is the secret the one of this key? postern sign request --help shows what is signed.',
  ],
]);

function describeNoAnswer({ message, cause }: OssConnectionError): string {
  const refused = (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  return refused ? `${message}. Is the server running (postern), and is --endpoint right?` : message;
}
