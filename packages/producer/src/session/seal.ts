import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a sealed text stands for. One made for one purpose opens nothing else. */
export type Purpose = 'sign-in' | 'session';

export interface Sealed {
  readonly name: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

const SHAPE = /^([A-Za-z0-9_-]{1,128})\.(\d{13})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/** `name.expiry.random.seal`: says who and until when, and nobody without the key can make one. */
export function seal(key: Buffer, purpose: Purpose, { name, expiresAt }: Sealed): string {
  const head = `${Buffer.from(name).toString('base64url')}.${expiresAt}.${randomBytes(16).toString('base64url')}`;
  return `${head}.${mark(key, purpose, head)}`;
}

/** @returns what was sealed, or undefined: another shape, another key, another purpose, or too late. */
export function unseal(
  keyOf: (name: string) => Buffer | undefined,
  purpose: Purpose,
  text: string,
  now: number,
): Sealed | undefined {
  const [, nameText, expiry, random, given] = SHAPE.exec(text) ?? [];
  if (nameText === undefined || expiry === undefined || random === undefined || given === undefined) return undefined;
  const name = Buffer.from(nameText, 'base64url').toString();
  // Whoever is unknown is checked against a key that nobody has: it takes as long as for anybody else.
  const key = keyOf(name);
  const wanted = mark(key ?? randomBytes(32), purpose, `${nameText}.${expiry}.${random}`);
  // As texts: two texts can stand for the same bytes, and a link that was used must not come back as another one.
  const isSame = timingSafeEqual(Buffer.from(wanted), Buffer.from(given));
  return isSame && key !== undefined && Number(expiry) > now ? { name, expiresAt: Number(expiry) } : undefined;
}

const mark = (key: Buffer, purpose: Purpose, head: string): string =>
  createHmac('sha256', key).update(`prodwork ${purpose}\n${head}`).digest('base64url');
