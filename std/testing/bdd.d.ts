interface Registrar {
  (name: string, fn: () => void | Promise<void>): unknown;
  only(name: string, fn: () => void | Promise<void>): unknown;
  skip(name: string, fn: () => void | Promise<void>): unknown;
}
export const describe: Registrar;
export const it: Registrar;
export function beforeAll(fn: () => void | Promise<void>): void;
export function beforeEach(fn: () => void | Promise<void>): void;
export function afterAll(fn: () => void | Promise<void>): void;
export function afterEach(fn: () => void | Promise<void>): void;
