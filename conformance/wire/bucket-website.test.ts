// A bucket as a website (OSS API: PutBucketWebsite, GetBucketWebsite, DeleteBucketWebsite): pages of folders, the page for what is not there,
// and where readers are sent instead. Only of those who do not sign.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openConfigurationTrials } from '../configuration-trials.ts';
import type { Answer } from '../http.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, TrialBucket } from '../trial-bucket.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());

const website = (...parts: string[]) => `<WebsiteConfiguration>${parts.join('')}</WebsiteConfiguration>`;
const index = (more = '', suffix = 'index.html') =>
  `<IndexDocument><Suffix>${suffix}</Suffix>${more}</IndexDocument>`;
const folders = (type: number) => index(`<SupportSubDir>true</SupportSubDir><Type>${type}</Type>`);
const errorPage = (status = 404) =>
  `<ErrorDocument><Key>error.html</Key><HttpStatus>${status}</HttpStatus></ErrorDocument>`;
const rules = (...all: string[]) => `<RoutingRules>${all.join('')}</RoutingRules>`;
const rule = (number: number, condition: string, redirect: string) =>
  `<RoutingRule><RuleNumber>${number}</RuleNumber><Condition>${condition}</Condition><Redirect>${redirect}</Redirect></RoutingRule>`;
const external = (more: string, status = 302) =>
  `<RedirectType>External</RedirectType>${more}<HttpRedirectCode>${status}</HttpRedirectCode>`;
const elsewhere = '<Protocol>https</Protocol><HostName>www.example.com</HostName>';

// --- Documents ---

const { keeps, refuses, begins, isForOwnersOnly, bucket, put, get } = await openConfigurationTrials(
  target,
  'website',
);
begins({ refusal: '404 NoSuchWebsiteConfiguration' });
isForOwnersOnly(['PUT', 'GET', 'DELETE']);
keeps(
  'an index alone',
  website(index()),
  website(index('<SupportSubDir>false</SupportSubDir><Type>0</Type>')),
);
keeps('an error page alone', website(errorPage(200)));
keeps(
  'everything',
  website(
    folders(2),
    errorPage(),
    rules(rule(1, '<KeyPrefixEquals>a/</KeyPrefixEquals>', external(elsewhere))),
  ),
);
keeps(
  'a rule that mirrors, told back in full',
  website(
    rules(
      rule(
        1,
        '<KeyPrefixEquals>abc/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>',
        '<RedirectType>Mirror</RedirectType><PassQueryString>true</PassQueryString><MirrorURL>http://www.test.com/</MirrorURL><MirrorHeaders><PassAll>true</PassAll><Set><Key>k</Key><Value>v</Value></Set></MirrorHeaders>',
      ),
    ),
  ),
);
const malformed = '400 MalformedXML';
refuses('nothing at all', website(), malformed);
refuses('no document', '', malformed);
refuses('an index without a suffix', website('<IndexDocument/>'), malformed);
refuses('a type that is none', website(folders(3)), malformed);
refuses('a suffix with a slash', website(index('', 'a/b')), '400 InvalidArgument');
refuses('an error page without a key', website('<ErrorDocument/>'), malformed);
refuses('an error page with 500', website(errorPage(500)), malformed);
refuses(
  'an error page that no object can be',
  website(errorPage().replace('error', '/error')),
  '400 InvalidArgument',
);
refuses(
  'a rule without a redirection',
  website(rules('<RoutingRule><RuleNumber>1</RuleNumber></RoutingRule>')),
  malformed,
);
refuses('a rule without a number', website(rules(rule(1, '', external('')).replace('>1<', '><'))), malformed);
refuses(
  'a number twice',
  website(rules(rule(1, '', external('')), rule(1, '', external('')))),
  '400 InvalidArgument',
);
refuses(
  'a redirection of an unknown kind',
  website(rules(rule(1, '', '<RedirectType>Away</RedirectType>'))),
  malformed,
);
refuses('a redirection with 200', website(rules(rule(1, '', external('', 200)))), malformed);
refuses(
  'a host that is none',
  website(rules(rule(1, '', external('<HostName>a/b</HostName>')))),
  '400 InvalidArgument',
);
refuses(
  '21 rules',
  website(rules(...Array.from({ length: 21 }, (_, i) => rule(i + 1, '', external(''))))),
  '400 InvalidArgument',
);
test('website: DELETE, and again', async () => {
  await put(website(index()));
  for (const _ of [1, 2]) {
    assert.equal((await bucket.sendSigned({ method: 'DELETE', path: '/?website' })).status, 204);
  }
  checkRefusal(await get(), '404 NoSuchWebsiteConfiguration', {
    Message: 'The specified bucket does not have a website configuration.',
  });
});

// --- Pages ---

async function site(document: string, pages: readonly string[]): Promise<TrialBucket> {
  const made = await TrialBucket.create(target, 'public-read');
  for (const page of pages) {
    const stored = await made.put(page, `<p>${page}</p>`, { 'content-type': 'text/html' });
    assert.equal(stored.status, 200, stored.text);
  }
  const answer = await made.sendSigned({ method: 'PUT', path: '/?website', body: document });
  assert.equal(answer.status, 200, answer.text);
  return made;
}

/** `200 content`, `302 location` or `404 Code`. */
function told(answer: Answer, from: TrialBucket): string {
  const { status, headers, code, text } = answer;
  const location = headers.location?.replace(`/${from.name}/`, '/');
  return `${status} ${location ?? code ?? text.replace(/^<p>(.*)<\/p>$/, '$1')}`;
}

const pages = ['index.html', 'docs/index.html', 'docs/a.html', 'error.html', '图/index.html'];
const sites: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [website(index(), errorPage())]: {
    '/': '200 index.html',
    '/docs/': '200 index.html',
    '/docs/a.html': '200 docs/a.html',
    '/docs': '404 error.html',
    '/nothing': '404 error.html',
  },
  [website(folders(0), errorPage())]: {
    '/': '200 index.html',
    '/docs/': '200 docs/index.html',
    '/docs': '302 /docs/',
    '/%E5%9B%BE': '302 /%E5%9B%BE/',
    '/nothing/': '404 error.html',
    '/nothing': '404 error.html',
  },
  [website(folders(1))]: { '/docs': '404 NoSuchKey', '/docs/': '200 docs/index.html' },
  [website(folders(2))]: { '/docs': '200 docs/index.html', '/nothing': '404 NoSuchKey' },
  [website(errorPage(200))]: { '/nothing': '200 error.html', '/docs/': '200 error.html' },
};
for (const [document, asked] of Object.entries(sites)) {
  const made = await site(document, pages);
  for (const [path, expected] of Object.entries(asked)) {
    test(`${document.replaceAll(/<\/?WebsiteConfiguration>/g, '')}: ${path}`, async () => {
      assert.equal(told(await made.send({ method: 'GET', path }), made), expected);
      const head = await made.send({ method: 'HEAD', path });
      assert.equal(head.status, Number(expected.split(' ')[0]));
      assert.equal(head.text, '');
    });
  }
}

test('whoever signs gets what is there', async () => {
  const made = await site(website(folders(2), errorPage()), pages);
  const list = await made.sendSigned({ method: 'GET', path: '/' });
  assert.equal(list.element('Name'), made.name);
  checkRefusal(await made.get('docs'), '404 NoSuchKey');
});
test('a list by its version stays a list', async () => {
  const made = await site(website(index()), pages);
  const list = await made.send({ method: 'GET', path: '/?list-type=2' });
  assert.equal(list.element('Name'), made.name);
});
test('a bucket that nobody else may read shows nothing, not even its error page', async () => {
  const made = await site(website(index(), errorPage()), pages);
  await made.sendSigned({ method: 'PUT', path: '/?acl', headers: { 'x-oss-acl': 'private' } });
  checkRefusal(await made.send({ method: 'GET', path: '/' }), '403 AccessDenied');
  checkRefusal(await made.send({ method: 'GET', path: '/nothing' }), '403 AccessDenied');
});
test('an error page that is not there is no help', async () => {
  const made = await site(website(errorPage()), []);
  checkRefusal(await made.send({ method: 'GET', path: '/nothing' }), '404 NoSuchKey', { Key: 'nothing' });
});
test('an error page comes whole, whatever part was asked for', async () => {
  const made = await site(website(errorPage()), ['error.html']);
  const headers = { range: 'bytes=0-1', 'if-none-match': '*' };
  const answer = await made.send({ method: 'GET', path: '/nothing', headers });
  assert.equal(told(answer, made), '404 error.html');
});
test('a page is shown and not downloaded, without scripts', async () => {
  const made = await site(website(index()), pages);
  const { headers } = await made.send({ method: 'GET', path: '/' });
  assert.equal(headers['content-disposition'], undefined);
  assert.equal(headers['content-security-policy'], 'sandbox');
});

// --- Redirections ---

const prefix = (text: string) => `<KeyPrefixEquals>${text}</KeyPrefixEquals>`;
const notThere = '<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>';
const routed = await site(
  website(
    folders(0),
    errorPage(),
    rules(
      rule(9, notThere, external('<ReplaceKeyWith>missing/${key}.html</ReplaceKeyWith>', 301)),
      rule(
        1,
        prefix('old/'),
        external(
          `${elsewhere}<EnableReplacePrefix>true</EnableReplacePrefix><ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith>`,
        ),
      ),
      rule(2, prefix('cut/'), external(`${elsewhere}<EnableReplacePrefix>true</EnableReplacePrefix>`)),
      rule(3, prefix('query/'), external(`${elsewhere}<PassQueryString>true</PassQueryString>`, 307)),
      rule(
        4,
        `${prefix('head/')}<IncludeHeader><Key>x-from</Key><Equals>app</Equals></IncludeHeader>`,
        external(elsewhere),
      ),
      rule(
        5,
        `<KeySuffixEquals>.jpg</KeySuffixEquals>${notThere}`,
        '<RedirectType>Mirror</RedirectType><MirrorURL>http://a.com/</MirrorURL>',
      ),
    ),
  ),
  pages,
);
const routes: Readonly<Record<string, string>> = {
  '/old/a.html?x=y': '302 https://www.example.com/new/a.html',
  '/old/%E5%9B%BE%20b': '302 https://www.example.com/new/%E5%9B%BE%20b',
  '/cut/a.html': '302 https://www.example.com/a.html',
  '/query/a?x=y%26z&b': '307 https://www.example.com/query/a?x=y%26z&b',
  '/docs/a.html': '200 docs/a.html',
  '/head/a': `301 ${target.endpoint}/missing/head/a.html`,
  '/nothing': `301 ${target.endpoint}/missing/nothing.html`,
  // What rules say of an error comes before the folder that the name may mean.
  '/docs': `301 ${target.endpoint}/missing/docs.html`,
  '/a.jpg': '424 MirrorFailed',
};
for (const [path, expected] of Object.entries(routes)) {
  test(`redirection of ${path}`, async () => {
    assert.equal(told(await routed.send({ method: 'GET', path }), routed), expected);
  });
}
test('redirection by a header', async () => {
  const answer = await routed.send({ method: 'GET', path: '/head/a', headers: { 'x-from': 'app' } });
  assert.equal(told(answer, routed), '302 https://www.example.com/head/a');
});
