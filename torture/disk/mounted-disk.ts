// Disks of our own, to be cut off from power or filled up: an ext4 in a file behind a loop device, or a small file system in memory. They
// need root, and a machine that lets us mount.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const mebibyte = 1024 ** 2;
const imageBytes = 256 * mebibyte;

/**
 * EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, what `xfs_io -x -c shutdown` does: from here on nothing reaches the disk, neither
 * what waits in memory nor the journal's last entries. Perl, which every Debian has, because Node has no ioctl.
 */
const shutDownScript = `
  sysopen(my $root, $ARGV[0], 0) or die "open: $!";
  my $flags = pack("L", 2);
  ioctl($root, 0x8004587d, $flags) or die "ioctl: $!";
`;

/** Why something cannot be mounted here. */
export class NoDisk extends Error {
  override readonly name = 'NoDisk';
}

export abstract class MountedDisk {
  readonly mountPoint: string;
  protected readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'postern-disk-'));
    this.mountPoint = path.join(this.folder, 'mounted');
    mkdirSync(this.mountPoint);
  }

  get dataDir(): string {
    return path.join(this.mountPoint, 'data');
  }

  [Symbol.dispose](): void {
    // Not mounted any more, perhaps: then there is nothing to undo.
    spawnSync('umount', ['--lazy', this.mountPoint]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A small file system in memory. */
export class MemoryDisk extends MountedDisk {
  /** @throws NoDisk */
  constructor(bytes: number) {
    super();
    run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', this.mountPoint);
  }
}

/** An ext4 whose power can be cut. */
export class CutDisk extends MountedDisk {
  readonly #image: string;

  /** @throws NoDisk */
  constructor() {
    super();
    this.#image = path.join(this.folder, 'image');
    closeSync(openSync(this.#image, 'w'));
    truncateSync(this.#image, imageBytes);
    run('mkfs.ext4', '-q', '-F', this.#image);
    this.#mount();
  }

  /** Whatever is not on the disk by now never will be. @throws NoDisk */
  cutPower(): void {
    run('perl', '-e', shutDownScript, this.mountPoint);
  }

  /** Nobody may have a file open on it. @throws NoDisk */
  restorePower(): void {
    run('umount', this.mountPoint);
    this.#mount();
  }

  #mount(): void {
    run('mount', '-o', 'loop', this.#image, this.mountPoint);
  }
}

function run(command: string, ...given: string[]): void {
  const { status, stderr, error } = spawnSync(command, given, { encoding: 'utf8' });
  if (status !== 0) throw new NoDisk(`${command}: ${error?.message ?? stderr.trim()}`);
}
