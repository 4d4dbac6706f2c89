// Runs once for all tabs of a browser: one stream that follows what any of them wants.
import { listen } from './live.js';

const FOLLOWED = { jobs: 50, batches: 5 };
/** Port of a tab -> what it follows. */
const tabs = new Map();
let stream;
let followed = '';
const latest = new Map();

function receive(message) {
  const { event, data } = message;
  latest.set(event === 'job' ? `job ${data.id}` : event === 'batch' ? `batch ${data.name}` : event, message);
  for (const port of tabs.keys()) port.postMessage(message);
}

function union(kind) {
  const wanted = new Set([...tabs.values()].flatMap((wishes) => wishes[kind]));
  // The newest wishes win when there are more than a stream may follow.
  return [...wanted].slice(-FOLLOWED[kind]);
}

function refresh() {
  const wishes = { jobs: union('jobs'), batches: union('batches') };
  const key = JSON.stringify(wishes);
  if (tabs.size === 0) {
    stream?.close();
    stream = undefined;
    followed = '';
    latest.clear();
  } else if (key !== followed || stream === undefined) {
    stream?.close();
    followed = key;
    stream = listen(wishes, receive);
  }
}

globalThis.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.bye) tabs.delete(port);
    else {
      tabs.set(port, data.wishes);
      // A tab that joins is shown at once what the others see.
      for (const message of latest.values()) port.postMessage(message);
    }
    refresh();
  };
};
