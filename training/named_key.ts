// Copyright 2026 the Convlab authors. MIT license.

/**
 * Complaints about a recipe's texts, with the key that holds them.
 *
 * @module
 */

/**
 * Runs `check`, whose complaints begin with `Cannot parse model` or the like, and
 * has them name the key as it is written.
 */
export function named<T>(
  key: "model" | "schedule",
  naming: (key: string) => string,
  check: () => T,
): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const Complaint = error.constructor as ErrorConstructor;
    throw new Complaint(
      error.message.replace(
        /^(Cannot (?:parse|build|make) )(?:model|schedule)/,
        (_, beginning: string) => beginning + naming(key),
      ),
      { cause: error },
    );
  }
}
