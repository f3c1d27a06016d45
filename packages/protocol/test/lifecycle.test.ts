// Lifecycle documents: what is told back as it was put, what is refused, and which rules get in each other's way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorName, OssError } from '../src/errors.ts';
import {
  checkLifecycleConflicts,
  lifecycleRulesMax,
  parseLifecycleConfiguration,
  writeLifecycleConfiguration,
} from '../src/xml/index.ts';

let idsMade = 0;
const makeId = () => `made-${++idsMade}`;

const rule = (content: string, id = makeId(), status = 'Enabled') =>
  `<Rule><ID>${id}</ID><Prefix>a/</Prefix><Status>${status}</Status>${content}</Rule>`;
const days = (count: number | string) => `<Days>${count}</Days>`;
const expires = (time: string) => `<Expiration>${time}</Expiration>`;
const moves = (time: string, storageClass: string) =>
  `<Transition>${time}<StorageClass>${storageClass}</StorageClass></Transition>`;
const before = '<CreatedBeforeDate>2024-01-01T00:00:00.000Z</CreatedBeforeDate>';

function parse(...rules: string[]) {
  return parseLifecycleConfiguration(
    `<LifecycleConfiguration>${rules.join('')}</LifecycleConfiguration>`,
    makeId,
  );
}

function squeeze(xml: string): string {
  return xml.slice(xml.indexOf('\n')).replaceAll(/>\s+</g, '><').trim();
}

const kept: Readonly<Record<string, string>> = {
  'days, for objects and uploads': `${expires(days(1))}<AbortMultipartUpload>${days(1)}</AbortMultipartUpload>`,
  'two transitions and the end': `${expires(days(3600))}${moves(days(30), 'IA')}${moves(days(60), 'Archive')}`,
  'a date that objects are older than': expires(before),
  'a date from which on': expires('<Date>2024-01-01T00:00:00.000Z</Date>'),
  'expired delete markers': expires('<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>'),
  'older versions': `<NoncurrentVersionExpiration><NoncurrentDays>50</NoncurrentDays></NoncurrentVersionExpiration><NoncurrentVersionTransition><NoncurrentDays>10</NoncurrentDays><StorageClass>IA</StorageClass></NoncurrentVersionTransition>`,
  tags: `<Tag><Key>x</Key><Value>1</Value></Tag><Tag><Key>y</Key><Value></Value></Tag>${expires(days(30))}`,
  'exceptions and sizes': `<Filter><ObjectSizeGreaterThan>500</ObjectSizeGreaterThan><ObjectSizeLessThan>64000</ObjectSizeLessThan><Not><Prefix>a/keep/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></Not></Filter>${expires(days(30))}`,
};
for (const [what, content] of Object.entries(kept)) {
  test(`told back as it was put: ${what}`, () => {
    const document = rule(content);
    assert.equal(
      squeeze(writeLifecycleConfiguration(parse(document))),
      `<LifecycleConfiguration>${document}</LifecycleConfiguration>`,
    );
  });
}

test('what ali-oss says twice counts once', () => {
  const { rules } = parse(rule(`${days(1)}${expires(days(1))}`));
  assert.deepEqual(rules[0]?.expiration, { kind: 'days', days: 1 });
});

test('an ID is made for a rule without one', () => {
  const content = `<Prefix></Prefix><Status>Disabled</Status>${expires(days(1))}`;
  const { rules } = parse(`<Rule>${content}</Rule>`, `<Rule><ID> </ID>${content}</Rule>`);
  assert.deepEqual(
    rules.map(({ id, prefix, isEnabled }) => [/^made-\d+$/.test(id), prefix, isEnabled]),
    [
      [true, '', false],
      [true, '', false],
    ],
  );
});

function refuses(what: string, row: ErrorName, ...rules: string[]): void {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => parse(...rules),
      (error) => error instanceof OssError && error.row === row,
    );
  });
}

refuses('no rule', 'MalformedXML.lifecycleNoRule');
refuses('something else than a rule', 'MalformedXML.lifecycleChild', rule(expires(days(1))), '<Rules/>');
refuses('a rule that does nothing', 'MalformedXML.lifecycleNoAction', rule(''));
refuses('an element nobody knows', 'MalformedXML.lifecycleNode', rule(`${expires(days(1))}<Deletion/>`));
refuses(
  'an element in a wrong place',
  'MalformedXML.lifecycleNode',
  rule(expires(`<IsAccessTime>true</IsAccessTime>${days(1)}`)),
);
refuses('an element inside a text', 'MalformedXML.lifecycleNode', rule(expires('<Days><b>1</b></Days>')));
refuses('an expiration without a time', 'MalformedXML.lifecycleNoTime', rule(expires('')));
refuses(
  'a false delete marker alone',
  'MalformedXML.lifecycleNoTime',
  rule(expires('<ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker>')),
);
refuses(
  'a delete marker and days',
  'MalformedXML',
  rule(expires(`<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>${days(1)}`)),
);
refuses('days and a date', 'MalformedXML', rule(expires(days(1) + before)));
refuses('a transition without a time', 'MalformedXML.lifecycleNoTime', rule(moves('', 'IA')));
refuses(
  'noncurrent versions without days',
  'MalformedXML.lifecycleNoTime',
  rule('<NoncurrentVersionExpiration></NoncurrentVersionExpiration>'),
);
for (const count of ['0', '-1', '1.5', 'x', '', '2147483648']) {
  refuses(`${count === '' ? 'no' : count} days`, 'InvalidArgument.lifecycleDays', rule(expires(days(count))));
}
for (const date of ['2024-01-01', '2024-01-01T01:00:00.000Z', '2024-02-30T00:00:00.000Z', 'soon']) {
  const element = `<CreatedBeforeDate>${date}</CreatedBeforeDate>`;
  refuses(`the date ${date}`, 'InvalidArgument.lifecycleDate', rule(expires(element)));
}
for (const storageClass of ['Standard', 'Cold', '']) {
  refuses(
    `a move to ${storageClass || 'nothing'}`,
    'InvalidArgument.lifecycleStorageClass',
    rule(moves(days(1), storageClass)),
  );
}
refuses(
  'a move by the last access',
  'NotImplemented',
  rule(moves(`<IsAccessTime>true</IsAccessTime>${days(1)}`, 'IA')),
);
refuses(
  'a move back without it',
  'InvalidArgument.lifecycleVisit',
  rule(moves(`<ReturnToStdWhenVisit>true</ReturnToStdWhenVisit>${days(1)}`, 'IA')),
);
refuses('a status nobody knows', 'MalformedXML', rule(expires(days(1)), 'x', 'On'));
refuses('an ID of 256 bytes', 'InvalidArgument.lifecycleId', rule(expires(days(1)), 'i'.repeat(256)));
refuses(
  'an ID twice',
  'InvalidArgument.lifecycleIdTwice',
  rule(expires(days(1)), 'x'),
  rule(expires(days(1)), 'x'),
);
refuses(
  'tags on uploads',
  'InvalidArgument.lifecycleTagOfUpload',
  rule(`<Tag><Key>k</Key><Value>v</Value></Tag><AbortMultipartUpload>${days(1)}</AbortMultipartUpload>`),
);
refuses('a tag without a key', 'MalformedXML', rule(`<Tag><Value>v</Value></Tag>${expires(days(1))}`));
refuses('an exception from nothing', 'MalformedXML', rule(`<Filter><Not></Not></Filter>${expires(days(1))}`));
refuses(
  'a size that is no number',
  'MalformedXML',
  rule(`<Filter><ObjectSizeLessThan>big</ObjectSizeLessThan></Filter>${expires(days(1))}`),
);
refuses(
  `more than ${lifecycleRulesMax} rules`,
  'InvalidArgument.lifecycleRules',
  ...Array.from({ length: lifecycleRulesMax + 1 }, () => rule(expires(days(1)))),
);

// --- Rules that meet ---

/** Two rules, the second under the first's prefix unless told otherwise, and what is said of them. */
function conflict(first: string, second: string, prefixes = ['a/', 'a/b/'], allowsOverlap = false): string {
  const [one = '', two = ''] = prefixes;
  const documents = [first, second].map((content, at) =>
    content === ''
      ? ''
      : rule(content).replace('<Prefix>a/</Prefix>', `<Prefix>${at === 0 ? one : two}</Prefix>`),
  );
  const configuration = parse(...documents);
  // The order of rules has no meaning.
  const outcomes = [configuration, { rules: configuration.rules.toReversed() }].map((each) => {
    try {
      checkLifecycleConflicts(each, allowsOverlap);
      return 'fine';
    } catch (error) {
      return (error as OssError).row;
    }
  });
  assert.equal(outcomes[0], outcomes[1]);
  return outcomes[0] as string;
}

const tagged = (value: string) => `<Tag><Key>k</Key><Value>${value}</Value></Tag>`;
const erases = (count: number) =>
  `<NoncurrentVersionExpiration><NoncurrentDays>${count}</NoncurrentDays></NoncurrentVersionExpiration>`;
const aborts = (count: number) => `<AbortMultipartUpload>${days(count)}</AbortMultipartUpload>`;

const meetings: readonly [what: string, first: string, second: string, outcome: ErrorName | 'fine'][] = [
  ['two expirations', expires(days(200)), expires(days(100)), 'InvalidArgument.lifecycleOverlap'],
  ['two for older versions', erases(1), erases(2), 'InvalidArgument.lifecycleOverlap'],
  ['two for uploads', aborts(1), aborts(2), 'InvalidArgument.lifecycleOverlap'],
  [
    'two moves to IA',
    moves(days(30), 'IA'),
    moves(days(60), 'IA'),
    'InvalidArgument.lifecycleTransitionOverlap',
  ],
  ['IA, then Archive', moves(days(30), 'IA'), moves(days(60), 'Archive'), 'fine'],
  ['Archive, then IA', moves(days(60), 'IA'), moves(days(30), 'Archive'), 'InvalidArgument.lifecycleOrder'],
  ['the end before a move', moves(days(60), 'IA'), expires(days(60)), 'InvalidArgument.lifecycleOrder'],
  ['a move before the end', moves(days(59), 'IA'), expires(days(60)), 'fine'],
  ['days and a date', moves(days(30), 'IA'), moves(before, 'Archive'), 'InvalidRequest.lifecycleTimes'],
  ['objects and uploads', expires(days(1)), aborts(1), 'fine'],
  ['different tags', tagged('1') + expires(days(1)), tagged('2') + expires(days(2)), 'fine'],
  [
    'the same tags',
    tagged('1') + expires(days(1)),
    tagged('1') + expires(days(2)),
    'InvalidArgument.lifecycleOverlap',
  ],
];
for (const [what, first, second, outcome] of meetings) {
  test(`rules that meet: ${what}`, () => {
    assert.equal(conflict(first, second), outcome);
    assert.equal(conflict(first, second, ['a/', 'b/']), 'fine');
    assert.equal(conflict(first, second, ['a/', 'a/b/'], true), 'fine');
  });
}
test('rules with one prefix are one rule in two pieces', () => {
  assert.equal(
    conflict(expires(days(200)), moves(days(100), 'IA'), ['a', 'a']),
    'InvalidArgument.lifecyclePrefix',
  );
});
for (const [what, content, row] of [
  ['days and a date', moves(days(30), 'IA') + expires(before), 'InvalidRequest.lifecycleTimes'],
  [
    'a colder class first',
    moves(days(30), 'Archive') + moves(days(60), 'IA'),
    'InvalidArgument.lifecycleOrder',
  ],
  ['the end first', moves(days(30), 'IA') + expires(days(30)), 'InvalidArgument.lifecycleOrder'],
  [
    'ten thousand moves, one of them late',
    `${moves(days(30), 'IA').repeat(10_000)}${moves(days(60), 'IA')}${moves(days(60), 'Archive')}`,
    'InvalidArgument.lifecycleOrder',
  ],
] as const) {
  test(`a rule at odds with itself: ${what}`, () => {
    assert.equal(conflict(content, ''), row);
    assert.equal(conflict(content, '', ['a/', ''], true), row);
  });
}
