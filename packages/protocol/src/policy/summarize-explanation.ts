// The one sentence that an explanation begins with, in English and Chinese: the first thing to mend, in the order in which the server
// checks. All its sentences are in one table.

import type { ConditionExplanation, PostExplanation } from './explain-post.ts';

/** A sentence in both languages of the project. */
export interface BilingualText {
  readonly en: string;
  readonly zh: string;
}

const SENTENCES = {
  malformedSignature: {
    en: 'The signature of the form is not complete: {problem}{hint}',
    zh: '表单的签名不完整：{problem}{hint}',
  },
  malformedPolicy: { en: 'The policy cannot be read: {problem}', zh: '无法读取策略：{problem}' },
  wrongSignature: {
    en: 'The signature does not match, and no usual slip explains it: is it the secret of this key id, and was the policy left unchanged after signing?',
    zh: '签名不匹配，且不是常见的失误：AccessKeySecret 与该密钥 ID 是否对应？签名之后策略是否被改动过？',
  },
  expired: {
    en: 'The policy expired {ago} ago by the server’s clock ({expiration}). Fetch a new form, or check the clock of the machine that signs.',
    zh: '按服务器时钟，策略已在 {ago}前过期（{expiration}）。请重新获取表单，或检查签名机器的时钟。',
  },
  outOfDate: {
    en: 'The date of the signature is not acceptable now: x-oss-date must be the day of x-oss-credential, at most 15 minutes ahead and 7 days behind.',
    zh: '签名的日期此刻无效：x-oss-date 必须与 x-oss-credential 同一天，最多超前 15 分钟、落后 7 天。',
  },
  // The `$` is part of the sentence: the policy writes `$key`.
  missing: {
    en: 'The policy wants ${field} to {wish}, but the form has no such field before its file.{hint}',
    zh: '策略要求 ${field} {wish}，但表单在文件之前没有该字段。{hint}',
  },
  failed: {
    en: 'The policy wants ${field} to {wish}, but the form has {got}.',
    zh: '策略要求 ${field} {wish}，但表单中是 {got}。',
  },
  size: {
    en: 'The policy wants the file to be of {wanted} bytes, but it has {got}.',
    zh: '策略要求文件大小为 {wanted} 字节，实际为 {got} 字节。',
  },
  refusedFields: {
    en: 'The policy of a V4 form must name these fields: {fields}.',
    zh: 'V4 表单的策略必须包含这些字段：{fields}。',
  },
  unknownKey: {
    en: 'The server knows no access key with the id {accessKeyId}.',
    zh: '服务器上没有 ID 为 {accessKeyId} 的访问密钥。',
  },
  missingKey: {
    en: 'The form has no field "key" before its file; what comes after the file is not read.{hint}',
    zh: '表单在文件之前没有 "key" 字段；文件之后的字段不会被读取。{hint}',
  },
  anonymousRefused: {
    en: 'The form is not signed, and was refused: {message}',
    zh: '表单没有签名，因此被拒绝：{message}',
  },
  otherwiseRefused: {
    en: 'Signature and policy are not the reason; the form was refused for: {message}',
    zh: '原因不在签名和策略；表单因此被拒绝：{message}',
  },
  anonymous: { en: 'The form is not signed.', zh: '表单没有签名。' },
  notChecked: {
    en: 'Everything holds that was checked; the signature was not.',
    zh: '已检查的部分全部满足；签名未检查。',
  },
  fine: { en: 'The signature is right and every condition holds.', zh: '签名正确，所有条件均满足。' },
  fineButSize: {
    en: 'The signature is right and every condition holds; the size of the file is not known yet.',
    zh: '签名正确，所有条件均满足；文件大小尚不知道。',
  },
  nearMiss: {
    en: ' It has {received}: was that meant to be {meant}?',
    zh: '表单中有 {received}：是否应为 {meant}？',
  },
} as const satisfies Record<string, BilingualText>;

const WISHES: Record<Exclude<ConditionExplanation['operator'], 'content-length-range'>, BilingualText> = {
  eq: { en: 'be {wanted}', zh: '等于 {wanted}' },
  'starts-with': { en: 'begin with {wanted}', zh: '以 {wanted} 开头' },
  in: { en: 'be one of {wanted}', zh: '为 {wanted} 之一' },
  'not-in': { en: 'be none of {wanted}', zh: '不为 {wanted} 中任何一个' },
};

/** The first thing to mend of these facts, or that there is nothing. */
export function summarizeExplanation(facts: Omit<PostExplanation, 'summary'>): BilingualText {
  const { signature, policy, expiry, conditions, refusedFields, refusal } = facts;
  if (refusal?.row === 'InvalidArgument.missingField' && signature.state !== 'malformed') {
    return fill(SENTENCES.missingKey, { hint: hintAt(facts, (meant) => meant === 'key') });
  }
  if (refusal?.row === 'InvalidAccessKeyId') {
    return signature.slip ?? fill(SENTENCES.unknownKey, { accessKeyId: signature.accessKeyId ?? '' });
  }
  if (policy.state === 'malformed') {
    const { slip, problem = '' } = policy;
    return slip ? { en: slip.en, zh: slip.zh } : fill(SENTENCES.malformedPolicy, { problem });
  }
  if (signature.state === 'malformed') {
    const { problem = '' } = signature;
    return fill(SENTENCES.malformedSignature, { problem, hint: hintAt(facts, isSignatureField) });
  }
  if (signature.slip) return { en: signature.slip.en, zh: signature.slip.zh };
  if (signature.state === 'wrong') return SENTENCES.wrongSignature;
  if (expiry?.state === 'expired') {
    const { expiration, seconds } = expiry;
    return fill(SENTENCES.expired, { expiration, ago: formatDuration(seconds) });
  }
  if (signature.state === 'out-of-date') return SENTENCES.outOfDate;
  const unmet = conditions.find(({ verdict }) => verdict === 'missing' || verdict === 'fails');
  if (unmet) return summarizeCondition(unmet, facts);
  if (refusedFields.length > 0) return fill(SENTENCES.refusedFields, { fields: refusedFields.join(', ') });
  if (refusal) {
    const isAnonymous = signature.state === 'anonymous';
    const sentence = isAnonymous ? SENTENCES.anonymousRefused : SENTENCES.otherwiseRefused;
    return fill(sentence, { message: refusal.message });
  }
  if (signature.state === 'anonymous') return SENTENCES.anonymous;
  if (signature.state === 'not-checked') return SENTENCES.notChecked;
  return conditions.some(({ verdict }) => verdict === 'not-checked') ? SENTENCES.fineButSize : SENTENCES.fine;
}

function summarizeCondition(
  { field, operator, wanted, got, verdict }: ConditionExplanation,
  facts: Omit<PostExplanation, 'summary'>,
): BilingualText {
  if (operator === 'content-length-range') {
    return fill(SENTENCES.size, { wanted: wanted.slice(1, -1).replace(', ', '–'), got: got ?? '' });
  }
  const isList = operator === 'in' || operator === 'not-in';
  const wish = fill(WISHES[operator], { wanted: isList ? wanted : JSON.stringify(wanted) });
  if (verdict === 'missing') {
    const hint = hintAt(facts, (meant) => meant.toLowerCase() === field.toLowerCase());
    return fill(SENTENCES.missing, { field, wish, hint });
  }
  return fill(SENTENCES.failed, { field, wish, got: JSON.stringify(got) });
}

function isSignatureField(name: string): boolean {
  return /^(policy|signature|ossaccesskeyid|x-oss-(signature.*|credential|date))$/i.test(name);
}

/** A sentence about the near miss that explains why one of some fields is missing, or nothing. */
function hintAt(
  { nearMisses }: Pick<PostExplanation, 'nearMisses'>,
  isMissing: (field: string) => boolean,
): BilingualText {
  const miss = nearMisses.find(({ meant }) => isMissing(meant));
  return miss ? fill(SENTENCES.nearMiss, { ...miss }) : { en: '', zh: '' };
}

const UNITS: readonly { readonly seconds: number; readonly en: string; readonly zh: string }[] = [
  { seconds: 86_400, en: 'd', zh: '天' },
  { seconds: 3_600, en: 'h', zh: '小时' },
  { seconds: 60, en: 'min', zh: '分钟' },
  { seconds: 1, en: 's', zh: '秒' },
];

/** In the largest unit of which there are two or more: `119 s`, `2 min`, `47 h`. */
function formatDuration(seconds: number): BilingualText {
  const unit = UNITS.find((candidate) => seconds >= 2 * candidate.seconds) ?? {
    seconds: 1,
    en: 's',
    zh: '秒',
  };
  const count = Math.floor(seconds / unit.seconds);
  return { en: `${count} ${unit.en}`, zh: `${count} ${unit.zh}` };
}

/** Puts facts into both languages; a fact may itself be in both. */
function fill(
  sentence: BilingualText,
  facts: Readonly<Record<string, string | BilingualText>>,
): BilingualText {
  const fillOne = (language: 'en' | 'zh') =>
    sentence[language].replace(/\{([a-zA-Z]+)\}/g, (_, name: string) => {
      const fact = facts[name] ?? '';
      return typeof fact === 'string' ? fact : fact[language];
    });
  return { en: fillOne('en'), zh: fillOne('zh') };
}
