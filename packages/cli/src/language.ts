// Whether a person is spoken to in English or Chinese: what the command line says, else what the terminal is set to.

import { Option } from 'commander';

export type Language = 'en' | 'zh';

export function languageOption(): Option {
  return new Option('--lang <language>', 'the language of what is explained (default: from LANG)').choices([
    'en',
    'zh',
  ]);
}

/** The first of these variables that is set decides (POSIX: LC_ALL, LC_MESSAGES, LANG). */
export function findLanguage(flag: Language | undefined, env: NodeJS.ProcessEnv = process.env): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  return flag ?? (/^zh/i.test(locale) ? 'zh' : 'en');
}
