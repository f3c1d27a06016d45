// The usual slips of people who sign forms, as two tables: what is wrong with a policy field that does not decode, and how a signature
// that does not match was made. The second is found by making each slip on purpose and comparing; what it takes for that never leaves
// this file, only the name of the slip and what to do about it.

import { decodeBase64, encodeBase64 } from '../base64.ts';
import type { Hashes } from '../hashes.ts';
import { encodeHex } from '../hex.ts';
import type { PostSignature, PostSignatureV4 } from '../signature/post-signature.ts';
import { signPostV1 } from '../signature/post-v1.ts';
import { signPostV4 } from '../signature/post-v4.ts';
import {
  signingKeyV4,
  v4Algorithm,
  v4Product,
  v4Terminator,
  writeV4Scope,
} from '../signature/signing-key-v4.ts';
import { formatBasicDate, parseBasicDate } from '../time.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import type { BilingualText } from './summarize-explanation.ts';

/** A mistake with a name, and what to do about it. */
export interface Slip extends BilingualText {
  readonly name: string;
}

/** Longer policies are not tried: every slip costs a pass or an HMAC over the whole of it. */
const triedPolicyCharsMax = 64 * 1024;

const dayMs = 24 * 60 * 60 * 1000;

// --- The policy field ---

interface PolicySlip extends Slip {
  readonly fits: (policy: string) => boolean;
}

const POLICY_SLIPS: readonly PolicySlip[] = [
  {
    name: 'policy-not-encoded',
    fits: (policy) => policy.trimStart().startsWith('{'),
    en: 'The policy field holds JSON; send its Base64.',
    zh: 'policy 字段里是 JSON 原文；应发送其 Base64。',
  },
  {
    name: 'policy-quoted',
    fits: (policy) => stripQuotes(policy) !== policy,
    en: "The policy field is wrapped in quotes or in Python's b'…'; send the bare Base64 text (in Python: .decode()).",
    zh: "policy 字段被引号或 Python 的 b'…' 包住；应发送不带引号的 Base64 文本（Python 用 .decode()）。",
  },
  {
    name: 'policy-url-safe',
    fits: (policy) => /[-_]/.test(policy) && decodeBase64(toStandardBase64(policy)) !== undefined,
    en: 'The policy field is URL-safe Base64 (with - and _); use the standard alphabet (with + and /) and padding.',
    zh: 'policy 字段使用了 URL 安全的 Base64（含 - 和 _）；应使用标准字母表（含 + 和 /）并补齐 =。',
  },
  {
    name: 'policy-line-broken',
    fits: (policy) => /[\r\n]/.test(policy) && decodeBase64(policy.replaceAll(/\s/g, '')) !== undefined,
    en: 'The policy field holds line breaks; encode without breaking lines, and strip the newline at the end.',
    zh: 'policy 字段含有换行；编码时不要折行，并去掉末尾的换行符。',
  },
  {
    name: 'policy-blank-for-plus',
    fits: (policy) => policy.includes(' ') && decodeBase64(policy.replaceAll(' ', '+')) !== undefined,
    en: 'A + in the policy field became a blank on its way, as in a URL-encoded form; send it unchanged.',
    zh: 'policy 字段里的 + 在途中变成了空格（像 URL 编码的表单那样）；应原样发送。',
  },
  {
    name: 'policy-percent-encoded',
    fits: (policy) => /%[0-9a-f]{2}/i.test(policy),
    en: 'The policy field is percent-encoded; multipart/form-data takes values as they are.',
    zh: 'policy 字段做了百分号编码；multipart/form-data 的值应原样发送。',
  },
  {
    name: 'policy-unpadded',
    fits: (policy) =>
      !policy.endsWith('=') &&
      decodeBase64(toStandardBase64(policy)) !== undefined &&
      policy.length % 4 !== 0,
    en: 'The Base64 of the policy field lacks its padding (=).',
    zh: 'policy 字段的 Base64 缺少末尾的填充（=）。',
  },
  {
    name: 'policy-encoded-twice',
    fits: (policy) => decodeText(decodeText(policy) ?? '')?.startsWith('{') === true,
    en: 'The policy was Base64-encoded twice; encode the JSON once.',
    zh: '策略被 Base64 编码了两次；只应对 JSON 编码一次。',
  },
  {
    name: 'policy-byte-order-mark',
    fits: (policy) => decodeText(policy)?.startsWith('\ufeff') === true,
    en: 'The JSON of the policy begins with a byte order mark; save or encode it without one.',
    zh: '策略的 JSON 以 BOM 开头；保存或编码时应去掉 BOM。',
  },
];

/** The slip that explains why a `policy` field does not decode or is not JSON; undefined too when it is too long to try. */
export function findPolicySlip(policy: string): Slip | undefined {
  if (policy.length > triedPolicyCharsMax) return undefined;
  return toSlip(POLICY_SLIPS.find(({ fits }) => fits(policy)));
}

// --- The signature ---

/** A signature that does not match, and what is needed to find out why. */
interface Attempt {
  readonly hashes: Hashes;
  readonly secret: string;
  readonly post: PostSignature;
  /** The signature that this secret, or a misspelled one, gives for some text. */
  sign(text: string, secret?: string): string;
}

interface SigningSlip extends Slip {
  /** The signatures that one gets by this slip. */
  readonly signatures: (attempt: Attempt) => readonly string[];
}

const SIGNING_SLIPS: readonly SigningSlip[] = [
  {
    name: 'signature-dressed',
    signatures: ({ sign, post }) => dress(sign(post.policy)),
    en: "The signature is right, but quotes, Python's b'…', white space or percent-encoding were sent around or in it; send the bare text.",
    zh: "签名本身正确，但带有引号、Python 的 b'…'、空白或百分号编码；应只发送签名文本本身。",
  },
  {
    name: 'signature-blank-for-plus',
    signatures: ({ sign, post }) => [sign(post.policy).replaceAll('+', ' ')],
    en: 'A + in the signature became a blank on its way, as in a URL-encoded form; send it unchanged.',
    zh: '签名中的 + 在途中变成了空格（像 URL 编码的表单那样）；应原样发送。',
  },
  {
    name: 'signature-url-safe',
    signatures: ({ sign, post }) => urlSafe(sign(post.policy)),
    en: 'The signature is URL-safe or unpadded Base64; use the standard alphabet (with + and /) and padding.',
    zh: '签名使用了 URL 安全或无填充的 Base64；应使用标准字母表（含 + 和 /）并补齐 =。',
  },
  {
    name: 'signature-encoding',
    signatures: misencode,
    en: 'The signature has the wrong encoding: V1 (Signature) is the Base64 of the raw HMAC, V4 (x-oss-signature) is lower-case hexadecimal.',
    zh: '签名的编码方式不对：V1（Signature）是 HMAC 原始字节的 Base64，V4（x-oss-signature）是小写十六进制。',
  },
  {
    name: 'signed-json',
    signatures: ({ sign, post }) => signEach(sign, [decodeText(post.policy)]),
    en: "The signature was made over the policy's JSON; sign the Base64 text that the policy field holds.",
    zh: '签名是对策略的 JSON 原文计算的；应对 policy 字段中的 Base64 文本计算。',
  },
  {
    name: 'signed-url-safe-policy',
    signatures: ({ sign, post }) => signEach(sign, [...urlSafe(post.policy), toStandardBase64(post.policy)]),
    en: 'The signature was made over a URL-safe or unpadded Base64 of the policy; sign exactly the text that is sent.',
    zh: '签名是对 URL 安全或无填充的 Base64 策略计算的；应对实际发送的文本签名。',
  },
  {
    name: 'signed-line-broken-policy',
    signatures: ({ sign, post }) => signEach(sign, breakLines(post.policy)),
    en: 'The signature was made over Base64 with line breaks or a newline at the end; encode without breaking lines, then sign exactly what is sent.',
    zh: '签名是对含换行（或末尾带换行）的 Base64 计算的；编码时不要折行，并对实际发送的文本签名。',
  },
  {
    name: 'signed-quoted-policy',
    signatures: ({ sign, post }) => signEach(sign, quote(post.policy)),
    en: "The policy was sent or signed with quotes or Python's b'…' around it; sign and send the bare Base64 text (in Python: .decode()).",
    zh: "发送或签名的策略带有引号或 Python 的 b'…'；应对不带引号的 Base64 文本签名并发送（Python 用 .decode()）。",
  },
  {
    name: 'signed-percent-encoded-policy',
    signatures: ({ sign, post }) => signEach(sign, [encodeURIComponent(post.policy.toWellFormed())]),
    en: 'The signature was made over the percent-encoded policy; sign exactly the text that is sent.',
    zh: '签名是对百分号编码后的策略计算的；应对实际发送的文本签名。',
  },
  {
    name: 'secret-white-space',
    signatures: ({ sign, post, secret }) =>
      [
        `${secret}\n`,
        `${secret}\r\n`,
        `${secret}\r`,
        `${secret} `,
        ` ${secret}`,
        ` ${secret} `,
        secret.trim(),
      ].map((misread) => sign(post.policy, misread)),
    en: 'The secret was used with white space or a newline around it; trim what is read from a file or the environment.',
    zh: '使用的 AccessKeySecret 前后带有空白或换行；从文件或环境变量读取后应去除首尾空白。',
  },
  {
    name: 'secret-quoted',
    signatures: ({ sign, post, secret }) => quote(secret).map((misread) => sign(post.policy, misread)),
    en: 'The secret was used with quotes around it; take them out of the settings file or the environment.',
    zh: '使用的 AccessKeySecret 带有引号；应从配置文件或环境变量中去掉引号。',
  },
  {
    name: 'swapped-arguments',
    signatures: ({ hashes, secret, post }) =>
      bothEncodings([
        hashes.hmacSha1(post.policy, secret),
        hashes.hmacSha256(post.policy, secret),
        ...(post.version === 'v4' ? [hashes.hmacSha256(post.policy, keyOf(hashes, secret, post))] : []),
      ]),
    en: 'The arguments of the HMAC are swapped: the secret is the key, the policy field is the message.',
    zh: 'HMAC 的参数写反了：密钥是 AccessKeySecret，消息是 policy 字段。',
  },
  {
    name: 'other-version',
    signatures: misversion,
    en: 'The signature belongs to another version: V1 (Signature) is HMAC-SHA1 with the secret, V4 (x-oss-signature) is HMAC-SHA256 with a key derived from it.',
    zh: '签名属于另一个版本：V1（Signature）用 AccessKeySecret 做 HMAC-SHA1，V4（x-oss-signature）用派生密钥做 HMAC-SHA256。',
  },
  {
    name: 'other-key-prefix',
    signatures: misprefix,
    en: "The V4 key was derived as for another store: it begins with 'aliyun_v4' before the secret and ends with 'oss' and 'aliyun_v4_request'.",
    zh: "V4 密钥按其他存储的方式派生：应以 'aliyun_v4' 加 AccessKeySecret 开始，以 'oss' 和 'aliyun_v4_request' 结束。",
  },
  {
    name: 'key-as-hex',
    signatures: hexChain,
    en: 'The V4 key was derived from hexadecimal text; every step takes the raw bytes of the step before.',
    zh: 'V4 密钥派生时使用了十六进制文本；每一步都应使用上一步的原始字节。',
  },
  {
    name: 'other-region',
    signatures: misregion,
    en: 'The V4 key was derived for the region written with or without oss-; sign with exactly the region that x-oss-credential names (cn-hangzhou).',
    zh: 'V4 密钥派生时的地域多了或少了 oss- 前缀；应与 x-oss-credential 中的地域（如 cn-hangzhou）完全一致。',
  },
  {
    name: 'other-day',
    signatures: misdate,
    en: 'The V4 key was derived for another day than x-oss-credential names; use the date in UTC, as YYYYMMDD, in both.',
    zh: 'V4 密钥派生时的日期与 x-oss-credential 不同；两处都应使用 UTC 日期（YYYYMMDD）。',
  },
  {
    name: 'signed-canonical-request',
    signatures: signStringToSign,
    en: 'The signature was made as for a header, over a string to sign; in a form the message is the policy field alone.',
    zh: '签名按请求头的方式对待签名字符串计算；表单中的消息只有 policy 字段本身。',
  },
];

/**
 * The slip by which the signature of `post` was made with `secret`; undefined when none of them fits (another secret, a policy changed
 * after signing), or the policy is too long to try.
 */
export function findSigningSlip(hashes: Hashes, secret: string, post: PostSignature): Slip | undefined {
  if (post.policy.length > triedPolicyCharsMax) return undefined;
  const sign = makeSign(hashes, secret, post);
  const right = sign(post.policy);
  const given = encodeUtf8(post.signature);
  const isGiven = (signature: string) => {
    const bytes = encodeUtf8(signature);
    return bytes.length === given.length && hashes.equal(bytes, given);
  };
  const slip = SIGNING_SLIPS.find(({ signatures }) =>
    // A slip that changes nothing here (no `+` to lose, no blank to trim) is none.
    signatures({ hashes, secret, post, sign }).some((signature) => signature !== right && isGiven(signature)),
  );
  return toSlip(slip);
}

/** Derives the V4 key of the right secret once: most slips sign another text with it. */
function makeSign(hashes: Hashes, secret: string, post: PostSignature): Attempt['sign'] {
  if (post.version === 'v1') return (text, misread = secret) => signPostV1(hashes, misread, text);
  const key = keyOf(hashes, secret, post);
  return (text, misread) =>
    misread === undefined
      ? encodeHex(hashes.hmacSha256(key, text))
      : signPostV4(hashes, misread, post.credential, text);
}

function toSlip(row: Slip | undefined): Slip | undefined {
  return row && { name: row.name, en: row.en, zh: row.zh };
}

// --- How a text gets changed on its way ---

function stripQuotes(text: string): string {
  return /^b?(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
}

function quote(text: string): string[] {
  return [`"${text}"`, `'${text}'`, `b'${text}'`, `b"${text}"`, stripQuotes(text)];
}

function urlSafe(text: string): string[] {
  const swapped = text.replaceAll('+', '-').replaceAll('/', '_');
  return [swapped, unpad(swapped), unpad(text)];
}

/** Not by a regular expression: of a long run of `=` that ends in something else it would try every begin. */
function unpad(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '=') end--;
  return text.slice(0, end);
}

function toStandardBase64(text: string): string {
  const standard = unpad(text.replaceAll('-', '+').replaceAll('_', '/'));
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, '=');
}

/** As MIME (76 columns) and PEM (64) encoders break lines, or undone. */
function breakLines(text: string): string[] {
  const broken = [76, 64].map((columns) => text.match(new RegExp(`.{1,${columns}}`, 'g'))?.join('\n') ?? '');
  const variants = [text, ...broken].flatMap((lines) => [lines, `${lines}\n`]);
  return [
    ...variants,
    ...variants.map((lines) => lines.replaceAll('\n', '\r\n')),
    text.replaceAll(/\s/g, ''),
  ];
}

function dress(text: string): string[] {
  const encoded = encodeURIComponent(text.toWellFormed());
  return [...quote(text), `${text}\n`, `${text}\r\n`, `${text} `, ` ${text}`, encoded, encoded.toLowerCase()];
}

function decodeText(base64: string): string | undefined {
  const bytes = decodeBase64(base64);
  return bytes && decodeUtf8(bytes);
}

// --- How a signature gets made wrongly ---

function signEach(sign: Attempt['sign'], texts: readonly (string | undefined)[]): string[] {
  return texts.filter((text) => text !== undefined).map((text) => sign(text));
}

function bothEncodings(signatures: readonly Uint8Array[]): string[] {
  return signatures.flatMap((bytes) => [encodeBase64(bytes), encodeHex(bytes)]);
}

function keyOf(hashes: Hashes, secret: string, { credential }: PostSignatureV4): Uint8Array {
  return signingKeyV4(hashes, secret, credential.date, credential.region);
}

/** The right bytes, written otherwise. Base64 of hexadecimal text is what PHP's hash_hmac gives without its last argument. */
function misencode({ hashes, secret, post }: Attempt): string[] {
  const message = encodeUtf8(post.policy);
  const bytes =
    post.version === 'v1'
      ? hashes.hmacSha1(secret, message)
      : hashes.hmacSha256(keyOf(hashes, secret, post), message);
  const hex = encodeHex(bytes);
  return [encodeBase64(bytes), hex, hex.toUpperCase(), encodeBase64(encodeUtf8(hex))];
}

function misversion({ hashes, secret, post }: Attempt): string[] {
  const key = encodeUtf8(secret);
  const message = encodeUtf8(post.policy);
  return bothEncodings([hashes.hmacSha1(key, message), hashes.hmacSha256(key, message)]);
}

/** Chains of keys as other stores have them, and half-translated ones: prefix, product, terminator. */
const OTHER_CHAINS = [
  ['AWS4', 's3', 'aws4_request'],
  ['AWS4', v4Product, 'aws4_request'],
  ['AWS4', v4Product, v4Terminator],
  ['OSS4', v4Product, v4Terminator],
  ['', v4Product, v4Terminator],
  ['aliyun_v4', v4Product, 'aws4_request'],
  ['aliyun_v4', 's3', v4Terminator],
] as const;

function misprefix({ hashes, secret, post }: Attempt): string[] {
  if (post.version !== 'v4') return [];
  const { date, region } = post.credential;
  return OTHER_CHAINS.map(([prefix, product, terminator]) => {
    let key: Uint8Array = encodeUtf8(prefix + secret);
    for (const link of [date, region, product, terminator]) key = hashes.hmacSha256(key, link);
    return encodeHex(hashes.hmacSha256(key, post.policy));
  });
}

function hexChain({ hashes, secret, post }: Attempt): string[] {
  if (post.version !== 'v4') return [];
  const links = [post.credential.date, post.credential.region, v4Product, v4Terminator, post.policy];
  const signature = links.reduce(
    (key, link) => encodeHex(hashes.hmacSha256(key, link)),
    `aliyun_v4${secret}`,
  );
  return [signature];
}

function misregion({ hashes, secret, post }: Attempt): string[] {
  if (post.version !== 'v4') return [];
  const { date, region } = post.credential;
  const regions = [region.replace(/^oss-/, ''), `oss-${region}`, `oss-${region}.aliyuncs.com`];
  return regions.map((misread) => signPostV4(hashes, secret, { date, region: misread }, post.policy));
}

/** The days before and after (a local date), the day of x-oss-date, and x-oss-date as a whole. */
function misdate({ hashes, secret, post }: Attempt): string[] {
  if (post.version !== 'v4') return [];
  const { date, region } = post.credential;
  const startMs = parseBasicDate(`${date}T000000Z`) ?? post.signedAtMs;
  const days = [startMs - dayMs, startMs + dayMs, post.signedAtMs].map((ms) =>
    formatBasicDate(ms).slice(0, 8),
  );
  return [...days, post.date].map((misread) =>
    signPostV4(hashes, secret, { date: misread, region }, post.policy),
  );
}

function signStringToSign({ hashes, secret, post }: Attempt): string[] {
  if (post.version !== 'v4') return [];
  const digest = encodeHex(hashes.sha256(post.policy));
  const head = [v4Algorithm, post.date, writeV4Scope(post.credential)];
  return [digest, post.policy].map((last) =>
    signPostV4(hashes, secret, post.credential, [...head, last].join('\n')),
  );
}
