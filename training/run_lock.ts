// Copyright 2026 the Convlab authors. MIT license.

/**
 * A lock on a folder, so that no two processes train in one run. It is the
 * operating system's own lock on a file, so it goes when its process goes,
 * however that ends; the file alone locks nothing.
 *
 * @module
 */

import { join } from "@std/path";

const FILE = ".lock";
/** Somebody who only asks (`isLocked`) holds the lock for a moment: try again. */
const TRIES = 5;
const PAUSE_MS = 40;

/**
 * Locks a folder until the result is disposed of, or the process ends.
 *
 * @param folder The folder, which exists.
 * @throws {Error} If another process, or this one, has locked it.
 */
export function lockFolder(folder: string): Disposable {
  const path = join(folder, FILE);
  for (let tries = 1;; tries++) {
    const file = Deno.openSync(path, { read: true, write: true, create: true });
    if (!tryLock(file, true)) {
      const holder = readText(file);
      file.close();
      if (tries < TRIES) {
        pause(PAUSE_MS);
        continue;
      }
      throw new Error(
        `Cannot work in ${folder}: process ${
          holder || "(unknown)"
        } is training there; wait until it ends or stop it`,
      );
    }
    // Who had the lock before may have removed the file after it was opened here.
    if (!isStillAt(file, path)) {
      file.close();
      continue;
    }
    sign(file);
    return { [Symbol.dispose]: () => release(file, path) };
  }
}

/** Whether a process holds the lock on a folder. Needs permission to read. */
export function isFolderLocked(folder: string): boolean {
  try {
    using file = Deno.openSync(join(folder, FILE));
    return !tryLock(file, false);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

/** Writes down who holds the lock, if there is room for it. */
function sign(file: Deno.FsFile): void {
  try {
    file.truncateSync();
    file.writeSync(new TextEncoder().encode(String(Deno.pid)));
  } catch {
    // The lock holds without it.
  }
}

function tryLock(file: Deno.FsFile, exclusive: boolean): boolean {
  try {
    return file.tryLockSync(exclusive);
  } catch (error) {
    // Not every file system has locks; training there is better than none.
    if (error instanceof Deno.errors.NotSupported) return true;
    throw error;
  }
}

function release(file: Deno.FsFile, path: string): void {
  try {
    if (isStillAt(file, path)) Deno.removeSync(path);
  } catch {
    // The folder is gone, or the system keeps open files: closing unlocks.
  }
  file.close();
}

function isStillAt(file: Deno.FsFile, path: string): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What the holder wrote, or nothing where its lock keeps others from reading. */
function readText(file: Deno.FsFile): string {
  const bytes = new Uint8Array(20);
  try {
    const count = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count)).trim();
  } catch {
    return "";
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
