/**
 * Follows the live stream. All tabs of a browser share one stream, held by a SharedWorker; a browser without one
 * opens a stream of the tab's own, while the tab is seen.
 * @param wishes `{ jobs, batches }`: ids and names to follow.
 * @param on `{ gauge, job, batch, life }`: called with the data of each event; `life` with whether the stream is open.
 */
export function follow(wishes, on) {
  const receive = ({ event, data }) => on[event]?.(data);
  if ('SharedWorker' in globalThis) {
    const shared = new SharedWorker('/public/live-worker.js', { type: 'module', name: 'prodwork-live' });
    shared.port.onmessage = (message) => receive(message.data);
    shared.port.postMessage({ wishes });
    addEventListener('pagehide', () => shared.port.postMessage({ bye: true }));
    addEventListener('pageshow', (event) => event.persisted && shared.port.postMessage({ wishes }));
    return;
  }
  let source;
  const open = () => {
    if (document.hidden) {
      source?.close();
      source = undefined;
    } else source ??= listen(wishes, receive);
  };
  document.addEventListener('visibilitychange', open);
  open();
}

/** Opens one stream; the browser reconnects by itself, except after a refusal, which is tried again here. */
export function listen(wishes, receive) {
  const query = new URLSearchParams({ html: '1' });
  if (wishes.jobs.length > 0) query.set('jobs', wishes.jobs.join(','));
  if (wishes.batches.length > 0) query.set('batches', wishes.batches.join(','));
  let source;
  let timer;
  const open = () => {
    source = new EventSource(`/events?${query}`);
    source.onopen = () => receive({ event: 'life', data: true });
    source.onerror = () => {
      receive({ event: 'life', data: false });
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 5_000 + Math.random() * 5_000);
    };
    for (const event of ['gauge', 'job', 'batch']) {
      source.addEventListener(event, (message) => receive({ event, data: JSON.parse(message.data) }));
    }
  };
  open();
  return {
    close() {
      clearTimeout(timer);
      source.close();
    },
  };
}
