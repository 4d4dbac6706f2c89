// The stack's one-shot `init`. `init.mjs` makes what is missing of the stack's secrets: each service mounts the one
// folder that is for it, read-only, and sees no other. `init.mjs token` prints the operator's API token.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/secrets';
const PREFIX = process.env.PRODWORK_QUEUE_PREFIX ?? 'prodwork';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Whole or not at all, whenever it is killed. Readable by all: who can see the volume is decided by the stack. */
function write(path, text) {
  writeFileSync(`${path}.part`, text, { mode: 0o444 });
  renameSync(`${path}.part`, path);
}

/** The secret in this file; a new one of 192 random bits when there is none. A second run changes nothing. */
function secret(folder, name, wrap = (value) => value) {
  const path = join(ROOT, folder, name);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const value = wrap(randomBytes(24).toString('base64url'));
  write(path, `${value}\n`);
  return value;
}

/** A user of Redis for one kind of process, and the URL with which it connects. */
function redisUser(name, folder) {
  const url = secret(folder, 'redis-url', (password) => `redis://${name}:${password}@redis:6379`);
  return { name, digest: sha256(new URL(url).password) };
}

/**
 * What producers and workers may: every command on the keys under the prefix, and no command that looks at, changes or
 * stops the server, save those that find dead workers (the list of connections) and read its policies (INFO).
 */
const rights = `~${PREFIX}:* &${PREFIX}:* +@all -@admin -@dangerous +info +client|list +client|kill +client|setname`;

function makeSecrets() {
  const users = [redisUser('producer', 'producer'), redisUser('worker', 'worker')];
  const admin = secret('redis', 'admin-password');
  const health = secret('redis', 'health-password');
  write(
    join(ROOT, 'redis', 'users.acl'),
    [
      'user default off nopass -@all',
      ...users.map(({ name, digest }) => `user ${name} on #${digest} resetkeys resetchannels ${rights}`),
      `user health on #${sha256(health)} resetkeys resetchannels -@all +ping`,
      `user admin on #${sha256(admin)} ~* &* +@all`,
      '',
    ].join('\n'),
  );

  const database = secret('postgres', 'password');
  secret('noteboard', 'database-url', () => `postgres://prodwork:${database}@postgres:5432/prodwork`);

  const operator = secret('operator', 'api-token');
  const metrics = secret('prometheus', 'metrics-token');
  write(
    join(ROOT, 'producer', 'tokens'),
    `# name:role:sha256 of the token\noperator:operate:${sha256(operator)}\nprometheus:read:${sha256(metrics)}\n`,
  );
  console.log('the secrets are in place');
}

switch (process.argv[2]) {
  case undefined:
    makeSecrets();
    break;
  case 'token':
    console.log(readFileSync(join(ROOT, 'operator', 'api-token'), 'utf8').trim());
    break;
  default:
    console.error('usage: init.mjs [token]');
    process.exitCode = 64;
}
