import { randomBytes } from 'node:crypto';
import type { Clock } from 'prodwork/clock';
import type { Once } from 'prodwork/redis/once';
import type { Tokens } from '../plugins/tokens.ts';
import { type Sealed, seal, unseal } from './seal.ts';

/** How long a sign-in link is good for, and a session after it, ms. */
export const LINK_MS = 5 * 60_000;
export const SESSION_MS = 8 * 3_600_000;

export interface Session extends Sealed {
  /** What the browser keeps. */
  readonly text: string;
}

/**
 * Who is signed in to the dashboard. Nothing is stored but which links were used: a session is a sealed text that every
 * replica can read, and it ends when its time is over or its token leaves the tokens file.
 */
export interface Sessions {
  /** A code for a one-time link. */
  invite(name: string): { readonly code: string; readonly expiresAt: number };
  /** The session that a code opens, once. @throws ProdworkError `QUEUE_UNAVAILABLE` when nobody can say whether it was used. */
  open(code: string): Promise<Session | undefined>;
  read(text: string): Sealed | undefined;
}

/** Where there are no tokens, this machine is trusted, and so is whoever may ask for a link here. */
export const LOCAL_NAME = 'this machine';

export function createSessions(tokens: Tokens | undefined, clock: Clock, once: Once): Sessions {
  const ownKey = randomBytes(32);
  const keyOf = (name: string): Buffer | undefined => {
    if (tokens !== undefined) return tokens.secretOf(name, 'operate');
    return name === LOCAL_NAME ? ownKey : undefined;
  };
  return {
    invite(name) {
      const expiresAt = clock.now() + LINK_MS;
      const key = keyOf(name);
      if (key === undefined) throw new Error(`no key for ${name}`);
      return { code: seal(key, 'sign-in', { name, expiresAt }), expiresAt };
    },
    async open(code) {
      const invited = unseal(keyOf, 'sign-in', code, clock.now());
      const key = invited && keyOf(invited.name);
      if (key === undefined || invited === undefined) return undefined;
      if (!(await once(`sign-in ${code}`, LINK_MS * 2))) return undefined;
      const session = { name: invited.name, expiresAt: clock.now() + SESSION_MS };
      return { ...session, text: seal(key, 'session', session) };
    },
    read: (text) => unseal(keyOf, 'session', text, clock.now()),
  };
}
