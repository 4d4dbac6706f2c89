import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Client } from './client.ts';
import { bash, containersOf, inspectOne, must } from './docker.ts';
import { drained, freshStack, removeStack } from './stack.ts';

const SERVICES = ['redis', 'producer', 'worker', 'nginx'];

/** Runs a line of JavaScript in the worker's container, with what its own process may reach. */
const inWorker = (script: string): Promise<string> =>
  must(`docker exec -i prodwork-worker-1 node --input-type=module - <<'END'\n${script}\nEND`);

/** Speaks to Redis in its own words, as the holder of the worker's URL. */
const redisAs = (login: 'nobody' | 'worker', command: string): Promise<string> =>
  inWorker(`
    import { readFileSync } from 'node:fs';
    import { connect } from 'node:net';
    const { username, password } = new URL(readFileSync('/run/prodwork/redis-url', 'utf8').trim());
    const socket = connect(6379, 'redis');
    const auth = ${JSON.stringify(login)} === 'worker' ? 'AUTH ' + username + ' ' + password + '\\r\\n' : '';
    socket.end(auth + ${JSON.stringify(command)} + '\\r\\nQUIT\\r\\n');
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += chunk;
    console.log(text);
  `);

/** Every secret that `init` made, by where it lies. */
async function secrets(): Promise<string[]> {
  const mounts = ['redis', 'producer', 'worker', 'prometheus', 'operator']
    .map((service) => `-v prodwork_secrets-${service}:/secrets/${service}:ro`)
    .join(' ');
  const image = (await inspectOne('prodwork-redis-1')).image;
  const out = await must(`docker run --rm --network none ${mounts} --entrypoint sh ${image} -c '
    cat /secrets/*/*-password /secrets/*/*-token; sed -E "s#.*:([^:@]+)@.*#\\1#" /secrets/*/redis-url'`);
  return out.split('\n').filter(Boolean);
}

afterAll(removeStack);

describe('what the stack lets nobody do', () => {
  let client: Client;
  beforeAll(async () => {
    client = await freshStack({ workers: 1 });
    await drained(await client.submitMany('hardening', 5, 0));
  });

  it('publishes the port of the gateway and no other, on loopback', async () => {
    for (const service of SERVICES) {
      for (const { name } of await containersOf(service)) {
        const { out } = await bash(`docker port ${name}`);
        if (service === 'nginx')
          expect(out).toBe(`8080/tcp -> ${new URL(`http://127.0.0.1:${process.env.PRODWORK_PORT}`).host}`);
        else expect([name, out]).toEqual([name, '']);
      }
    }
  });

  it('A14: Redis answers NOAUTH without a password', async () => {
    expect(await redisAs('nobody', 'GET x')).toMatch(/-NOAUTH|-NOPERM/);
    expect(await redisAs('nobody', 'PING')).not.toContain('+PONG');
  });

  it.each([
    'CONFIG GET *',
    'CONFIG SET maxmemory-policy allkeys-lru',
    'FLUSHALL',
    'FLUSHDB',
    'KEYS *',
    'DEBUG SLEEP 0',
    'SHUTDOWN',
    'ACL LIST',
    'REPLICAOF 127.0.0.1 1',
    'MODULE LIST',
    'GET another-application',
    'SUBSCRIBE another-application',
  ])("A14: the worker's user is refused %s", async (command) => {
    const reply = await redisAs('worker', command);
    expect(reply).toContain('+OK');
    expect(reply).toMatch(/-NOPERM|-ERR DEBUG command not allowed/);
  });

  it("A14: the worker's user may do what a worker does", async () => {
    expect(await redisAs('worker', 'PING')).toContain('+PONG');
    expect(await redisAs('worker', 'INFO memory')).toContain('maxmemory_policy:noeviction');
    expect(await redisAs('worker', 'CLIENT LIST')).toContain('addr=');
  });

  it('A19: nothing runs as root, with capabilities, or can gain any; the root is read-only; there is no Docker socket', async () => {
    for (const service of SERVICES) {
      for (const { name, pid } of await containersOf(service)) {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        expect([name, /^Uid:\s+(\d+)/m.exec(status)?.[1]]).not.toEqual([name, '0']);
        expect([name, /^CapEff:\s+(\w+)/m.exec(status)?.[1]]).toEqual([name, '0000000000000000']);
        expect([name, /^CapBnd:\s+(\w+)/m.exec(status)?.[1]]).toEqual([name, '0000000000000000']);
        expect([name, /^NoNewPrivs:\s+(\d)/m.exec(status)?.[1]]).toEqual([name, '1']);
        const write = await bash(`docker exec ${name} sh -c 'echo x > /x'`);
        expect([name, write.code === 0, /Read-only file system/i.test(write.out)]).toEqual([name, false, true]);
        expect((await bash(`docker exec ${name} ls /var/run/docker.sock`)).code).not.toBe(0);
        expect(Number(await must(`docker inspect --format '{{.HostConfig.Memory}}' ${name}`))).toBeGreaterThan(0);
      }
    }
  });

  it('each service sees its own secrets and no other', async () => {
    const files = async (name: string): Promise<string[]> =>
      (await must(`docker exec ${name} sh -c 'ls /run/prodwork 2>/dev/null || true'`))
        .split('\n')
        .filter(Boolean)
        .sort();
    expect(await files('prodwork-redis-1')).toEqual(['admin-password', 'health-password', 'users.acl']);
    expect(await files('prodwork-producer-1')).toEqual(['redis-url', 'tokens']);
    expect(await files('prodwork-worker-1')).toEqual(['redis-url']);
    expect(await files('prodwork-nginx-1')).toEqual([]);
    const write = await bash(`docker exec prodwork-worker-1 sh -c 'echo x > /run/prodwork/redis-url'`);
    expect(write.code).not.toBe(0);
  });

  it('A20: no secret shows in inspect, image history, logs, the environment of PID 1, or an error page', async () => {
    const found = await secrets();
    expect(found.length).toBeGreaterThanOrEqual(6);
    expect(Math.min(...found.map((secret) => secret.length))).toBeGreaterThanOrEqual(32);
    const names = (await Promise.all(SERVICES.map(containersOf))).flat();
    const images = ['prodwork-producer', 'prodwork-worker', 'prodwork-init'];
    const pages = [
      await ask('/api/jobs', { headers: { authorization: 'Bearer wrong' } }),
      await ask('/nowhere'),
      await ask('/jobs/default.0.AAAAAAAAAAAAAAAAAAAAAA'),
      await client.post('/api/jobs', { type: 'nonesuch' }),
    ];
    const places: [string, string][] = [
      ['inspect', await must(`docker inspect ${names.map(({ name }) => name).join(' ')} ${images.join(' ')}`)],
      ['history', await must(images.map((image) => `docker history --no-trunc ${image}`).join(' && '))],
      ['logs', await must('docker compose logs --no-color')],
      ['environment', names.map(({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8')).join('\n')],
      [
        'environment of children',
        await must(
          'docker exec prodwork-worker-1 sh -c \'cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"\'',
        ),
      ],
      ['error pages', pages.map(({ body }) => body).join('\n')],
    ];
    for (const [place, text] of places) {
      expect([place, text.length > 0]).toEqual([place, true]);
      for (const secret of found) expect([place, text.includes(secret)]).toEqual([place, false]);
    }
  });

  it('A13 at the gateway: the API and the metrics want the token; the form and the gauge do not', async () => {
    expect((await ask('/api/jobs')).status).toBe(401);
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/')).status).toBe(200);
    expect((await client.get('/api/queues')).status).toBe(200);
  });
});
