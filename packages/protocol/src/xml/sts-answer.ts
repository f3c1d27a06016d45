// The answers of the token service, as JSON or XML (STS API: AssumeRole, "Response parameters"). Clients read the JSON; element names and
// their nesting are the same in both.

import type { StsError } from '../sts/sts-errors.ts';
import type { StsFormat } from '../sts/sts-request.ts';
import { writeXml, type XmlTree } from './write-xml.ts';

export interface StsCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly expiresAtMs: number;
}

export interface AssumedRole {
  readonly requestId: string;
  readonly account: string;
  readonly roleId: string;
  readonly roleName: string;
  readonly sessionName: string;
  readonly credentials: StsCredentials;
}

/** Texts and what they are nested in. */
type Members = { readonly [name: string]: string | Members };

export interface StsAnswer {
  readonly contentType: string;
  readonly body: string;
}

export function writeAssumedRole(format: StsFormat, assumed: AssumedRole): StsAnswer {
  const { requestId, account, roleId, roleName, sessionName, credentials } = assumed;
  return write(format, 'AssumeRoleResponse', {
    RequestId: requestId,
    AssumedRoleUser: {
      Arn: `acs:ram::${account}:role/${roleName}/${sessionName}`,
      AssumedRoleId: `${roleId}:${sessionName}`,
    },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      AccessKeySecret: credentials.accessKeySecret,
      SecurityToken: credentials.securityToken,
      Expiration: new Date(credentials.expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  });
}

export function writeStsError(
  format: StsFormat,
  error: StsError,
  { requestId, hostId }: { readonly requestId: string; readonly hostId: string },
): StsAnswer {
  const { code, message } = error;
  return write(format, 'Error', { RequestId: requestId, HostId: hostId, Code: code, Message: message });
}

function write(format: StsFormat, root: string, members: Members): StsAnswer {
  if (format === 'JSON') return { contentType: 'application/json', body: JSON.stringify(members) };
  return { contentType: 'application/xml', body: writeXml([root, treesOf(members)]) };
}

function treesOf(members: Members): XmlTree[] {
  return Object.entries(members).map(([name, content]) =>
    typeof content === 'string' ? [name, content] : [name, treesOf(content)],
  );
}
