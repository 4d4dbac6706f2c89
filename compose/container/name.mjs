// Preloaded before the program: names the process after its container (`prodwork-worker-2`) instead of after the host
// name, which is a hash. Docker's name server tells the name of an address; anywhere else the host name stays.
import { resolvePtr } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';

const wanted = ['WORKER_NAME', 'PRODUCER_NAME'].filter((name) => process.env[name] === undefined);

async function containerName() {
  for (const { address, family, internal } of Object.values(networkInterfaces()).flat()) {
    if (internal || family !== 'IPv4') continue;
    // The name server itself is asked: /etc/hosts knows this address too, by the hash.
    const question = `${address.split('.').reverse().join('.')}.in-addr.arpa`;
    // The answer is `<container>.<network>`; a container's name may hold dots, so only the last part is cut off.
    for (const host of await resolvePtr(question).catch(() => [])) {
      const name = host.replace(/\.[^.]+$/, '');
      if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name;
    }
  }
  return undefined;
}

if (wanted.length > 0) {
  const late = new Promise((resolve) => setTimeout(resolve, 2_000).unref());
  const name = await Promise.race([containerName(), late]);
  if (name !== undefined) for (const key of wanted) process.env[key] = name;
}
