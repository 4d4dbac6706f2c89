const NAME = 'prodwork_session';

/** Never shown to scripts, never sent with what another site started, and only to the dashboard. */
const flags = (isHttps: boolean): string => `Path=/dashboard; HttpOnly; SameSite=Strict${isHttps ? '; Secure' : ''}`;

export const sessionCookie = (text: string, maxAgeMs: number, isHttps: boolean): string =>
  `${NAME}=${text}; Max-Age=${Math.floor(maxAgeMs / 1000)}; ${flags(isHttps)}`;

export const endedCookie = (isHttps: boolean): string => `${NAME}=; Max-Age=0; ${flags(isHttps)}`;

/** Every value that came under the name: another program of this host may have set one of its own. */
export function sessionTexts(header: string | undefined): readonly string[] {
  return (header ?? '')
    .slice(0, 8_192)
    .split(';')
    .map((pair) => pair.trim())
    .flatMap((pair) => (pair.startsWith(`${NAME}=`) ? [pair.slice(NAME.length + 1)] : []))
    .slice(0, 4);
}
