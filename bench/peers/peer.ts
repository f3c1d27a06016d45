// A server to be measured: how it is started, in a process of its own over a folder of its own, and which requests say to it what a
// form says to us.

import type { RequestPlan } from '../load/load-job.ts';

export interface Peer {
  readonly name: string;
  /** What it is, for a table. */
  readonly title: string;
  /** Writes nothing to disk, so that a run need not be kept short for it. */
  readonly keepsNothing?: boolean;
  /** A sentence when it cannot run here. May install what is missing. */
  findObstacle?(): Promise<string | undefined>;
  /** @param folder made and empty, for everything that it writes */
  start(folder: string, options?: StartOptions): Promise<RunningPeer>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Further flags of the command, where the peer has some. */
  readonly flags?: readonly string[];
  /** A store that is there already. */
  readonly dataDir?: string;
}

export interface RunningPeer {
  readonly host: string;
  readonly port: number;
  /** Of the processes that, with those below them, do the work. */
  readonly pids: readonly number[];
  readonly requests: RequestMaker;
  /** Ends its processes; the folder is left. */
  stop(): Promise<void>;
}

export interface UploadOptions {
  readonly bytes: number;
  readonly order?: 'ascending' | 'scattered';
  /** How many different names there are. Every request has its own unless this says otherwise. */
  readonly namesMax?: number | undefined;
  readonly signatureVersion?: 'v1' | 'v4';
}

/** The same work in the peer's own words; undefined for what it does not do. */
export interface RequestMaker {
  /** One file from a visitor, under a name of its own. */
  upload(options: UploadOptions): RequestPlan;
  put?(options: UploadOptions): RequestPlan;
  /** Of objects that {@link upload} has made, the ones with the lowest numbers. */
  get?(count: number): RequestPlan;
  head?(count: number): RequestPlan;
  /** @param queries without `?` */
  list?(queries: readonly string[]): RequestPlan;
}
