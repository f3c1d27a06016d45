// The short configurations of a bucket, each of one or two words: encryption, access log, who pays, public access (PutBucketEncryption,
// PutBucketLogging, PutBucketRequestPayment, PutBucketPublicAccessBlock and what reads them).

import { OssError } from '../errors.ts';
import { parseObjectName } from '../object-name.ts';
import { optional } from './element-trees.ts';
import { findChild, findText, findWord, readXml } from './read-xml.ts';
import { writeXml } from './write-xml.ts';

// --- Encryption ---

export const encryptionAlgorithms = ['AES256', 'KMS', 'SM4'] as const;

/** What objects that do not say otherwise are told to be encrypted with. */
export interface EncryptionRule {
  readonly algorithm: (typeof encryptionAlgorithms)[number];
  /** With KMS only. */
  readonly kmsKeyId: string | undefined;
  readonly kmsDataEncryption: 'SM4' | undefined;
}

/** The elements of the rule, as BucketInfo has them too. */
export function encryptionTrees({ algorithm, kmsKeyId, kmsDataEncryption }: EncryptionRule) {
  return [
    ['SSEAlgorithm', algorithm] as const,
    optional('KMSMasterKeyID', kmsKeyId),
    optional('KMSDataEncryption', kmsDataEncryption),
  ];
}

export function writeEncryptionRule(rule: EncryptionRule): string {
  return writeXml([
    'ServerSideEncryptionRule',
    [['ApplyServerSideEncryptionByDefault', encryptionTrees(rule)]],
  ]);
}

/** The id of a key goes into response headers: visible ASCII, no more than this. */
const kmsKeyIdCharactersMax = 1024;

/**
 * @throws OssError MalformedXML, InvalidEncryptionAlgorithmError (also for KMS elements without KMS), InvalidDataEncryptionAlgorithmError
 */
export function parseEncryptionRule(document: string | Uint8Array): EncryptionRule {
  const apply = findChild(
    readXml(document, 'ServerSideEncryptionRule'),
    'ApplyServerSideEncryptionByDefault',
  );
  const word = apply && findWord(apply, 'SSEAlgorithm');
  if (apply === undefined || word === undefined) throw new OssError('MalformedXML');
  const algorithm = encryptionAlgorithms.find((known) => known === word);
  const kmsKeyId = findWord(apply, 'KMSMasterKeyID');
  const dataEncryption = findWord(apply, 'KMSDataEncryption');
  if (algorithm === undefined) throw new OssError('InvalidEncryptionAlgorithmError');
  if (algorithm !== 'KMS' && (kmsKeyId ?? dataEncryption) !== undefined) {
    throw new OssError('InvalidEncryptionAlgorithmError');
  }
  if (dataEncryption !== undefined && dataEncryption !== 'SM4') {
    throw new OssError('InvalidDataEncryptionAlgorithmError');
  }
  if (kmsKeyId !== undefined && (kmsKeyId.length > kmsKeyIdCharactersMax || !/^[!-~]+$/.test(kmsKeyId))) {
    throw new OssError('MalformedXML');
  }
  return { algorithm, kmsKeyId, kmsDataEncryption: dataEncryption };
}

// --- Access log ---

export interface LoggingTarget {
  readonly bucket: string;
  readonly prefix: string;
}

/** @param target undefined: no log is kept, which is an empty document */
export function writeLoggingStatus(target: LoggingTarget | undefined): string {
  return writeXml([
    'BucketLoggingStatus',
    [
      target && [
        'LoggingEnabled',
        [
          ['TargetBucket', target.bucket],
          ['TargetPrefix', target.prefix],
        ],
      ],
    ],
  ]);
}

/** Undefined: the log is turned off. @throws OssError MalformedXML, InvalidArgument.loggingPrefix */
export function parseLoggingStatus(document: string | Uint8Array): LoggingTarget | undefined {
  const enabled = findChild(readXml(document, 'BucketLoggingStatus'), 'LoggingEnabled');
  if (enabled === undefined) return undefined;
  const bucket = findWord(enabled, 'TargetBucket');
  const prefix = findText(enabled, 'TargetPrefix') ?? '';
  if (bucket === undefined) throw new OssError('MalformedXML');
  if (prefix !== '') checkLoggingPrefix(prefix);
  return { bucket, prefix };
}

/** The names of logs begin with it, so it has to be one itself. */
function checkLoggingPrefix(prefix: string): void {
  try {
    parseObjectName(prefix);
  } catch (cause) {
    throw new OssError(
      'InvalidArgument.loggingPrefix',
      { ArgumentName: 'TargetPrefix', ArgumentValue: prefix },
      { cause },
    );
  }
}

// --- Who pays ---

export const payers = ['BucketOwner', 'Requester'] as const;
export type Payer = (typeof payers)[number];

export function writeRequestPayment(payer: Payer): string {
  return writeXml(['RequestPaymentConfiguration', [['Payer', payer]]]);
}

/** @throws OssError MalformedXML */
export function parseRequestPayment(document: string | Uint8Array): Payer {
  const word = findWord(readXml(document, 'RequestPaymentConfiguration'), 'Payer');
  const payer = payers.find((known) => known === word);
  if (payer === undefined) throw new OssError('MalformedXML');
  return payer;
}

// --- Public access ---

export function writePublicAccessBlock(isBlocked: boolean): string {
  return writeXml(['PublicAccessBlockConfiguration', [['BlockPublicAccess', isBlocked]]]);
}

/** @throws OssError MalformedXML */
export function parsePublicAccessBlock(document: string | Uint8Array): boolean {
  const word = findWord(readXml(document, 'PublicAccessBlockConfiguration'), 'BlockPublicAccess');
  if (word !== 'true' && word !== 'false') throw new OssError('MalformedXML');
  return word === 'true';
}
