export function sprintf(format: string, ...args: unknown[]): string;
