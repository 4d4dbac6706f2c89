import { debianBins, findPostgres, NoPostgresError, type PostgresProbes } from '../postgres/find.ts';
import { machineProbes } from '../redis/probes.ts';

/**
 * Server programs for the tests that start a Postgres of their own: this machine's, or Debian's package when root.
 * @returns their title, or undefined when there are none and none may be installed
 */
export async function findTestPostgres(
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<string | undefined> {
  // The tests kill and freeze the server's own processes: one in a container is of no use to them.
  const probes: PostgresProbes = { ...machineProbes(env, say), debianBins, hasDockerEngine: async () => false };
  try {
    const found = await findPostgres(undefined, probes);
    return found.kind === 'binary' ? found.title : undefined;
  } catch (error) {
    if (!(error instanceof NoPostgresError)) throw error;
    return undefined;
  }
}
