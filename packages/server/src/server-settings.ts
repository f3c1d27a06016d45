// What can be set of a running server. The command line's settings table ends in one of these.

/** How active content that users uploaded is served (HTML, SVG, XML …), so that it cannot attack the host it is served from. */
export type ActiveContent = 'attachment' | 'inline';

export interface ServerSettings {
  /** The region of this store, without `oss-`, e.g. `cn-hangzhou`. V4 signatures for other regions are accepted unless `strictRegion`. */
  readonly region: string;
  readonly strictRegion: boolean;
  /** Requests and forms signed with V1 are refused, as the cloud does for new buckets. */
  readonly refuseV1: boolean;
  /** Host names under which buckets are addressed as `<bucket>.<domain>`; lower case, without port. */
  readonly baseDomains: readonly string[];
  /** Whether active content is served as a download on the shared host. */
  readonly activeContent: ActiveContent;
  /** Where the outside finds the data port, for Location and callbacks; by default the host that the client addressed. */
  readonly publicUrl: string | undefined;
  /** How the data port is spoken to, for the same. */
  readonly scheme: 'http' | 'https';
  /** Hosts that `success_action_redirect` may point to; undefined: any. */
  readonly redirectHosts: readonly string[] | undefined;
  /** Callbacks to loopback, private and link-local addresses. */
  readonly callbackAllowPrivate: boolean;
  /** How many buckets an account may have. Those made at start are not refused. */
  readonly bucketsMax: number;
  /** Development only: a refused form carries its explanation in `x-postern-explain`, and any loopback origin passes CORS. */
  readonly development: boolean;
}

export const defaultServerSettings: ServerSettings = {
  region: 'cn-hangzhou',
  strictRegion: false,
  refuseV1: false,
  baseDomains: [],
  activeContent: 'attachment',
  publicUrl: undefined,
  scheme: 'http',
  redirectHosts: undefined,
  callbackAllowPrivate: false,
  bucketsMax: 100,
  development: false,
};
