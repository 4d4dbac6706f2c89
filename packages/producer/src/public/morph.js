/**
 * Makes `from` look like `to`, keeping every element that can stay: focus, open details and transitions survive.
 * Elements pair up by position, or by `data-key` where they have one.
 */
export function morph(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  const wanted = [...to.childNodes];
  for (const [index, next] of wanted.entries()) {
    const key = next.dataset?.key;
    const here = from.childNodes[index];
    const match = key ? keyed.get(key) : here;
    if (match && match.nodeName === next.nodeName && match.dataset?.key === key) {
      if (match !== here) from.insertBefore(match, here ?? null);
      update(match, next);
    } else {
      from.insertBefore(next, here ?? null);
    }
  }
  while (from.childNodes.length > wanted.length) from.lastChild.remove();
}

function update(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  for (const { name, value } of [...to.attributes])
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes]) {
    // What the reader opened stays open.
    if (!to.hasAttribute(name) && !(name === 'open' && from.nodeName === 'DETAILS')) from.removeAttribute(name);
  }
  morph(from, to);
}
