import { Html, html } from './html.ts';
import { layout } from './layout.ts';

export interface DocsView {
  /** An OpenAPI document. */
  readonly document: unknown;
  readonly errors: readonly { readonly code: string; readonly status: number; readonly title: string }[];
  readonly needsToken: boolean;
  readonly replica: string;
}

type Json = Readonly<Record<string, unknown>>;
const asJson = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const asList = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(asJson) : []);
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly spec: Json;
}

/** The OpenAPI document as a page: works offline, needs no script. */
export function docsPage(view: DocsView): string {
  const document = asJson(view.document);
  const operations = Object.entries(asJson(document.paths)).flatMap(([path, methods]) =>
    Object.entries(asJson(methods)).map(([method, spec]): Operation => {
      const id = asText(asJson(spec).operationId) || `${method}-${path.replace(/[^a-z]+/gi, '-')}`;
      return { method: method.toUpperCase(), path, id, spec: asJson(spec) };
    }),
  );
  const tags = asList(document.tags);
  const ofTag = (tag: Json): readonly Operation[] =>
    operations.filter(({ spec }) => Array.isArray(spec.tags) && spec.tags.includes(tag.name));
  return layout({
    title: 'API',
    section: 'docs',
    replica: view.replica,
    main: html`<div class="docs">
<nav class="card toc" aria-label="Operations">${tags.map(
      (tag) =>
        html`<h2>${asText(tag.name)}</h2><ul>${ofTag(tag).map(({ id, spec }) => html`<li><a href="#${id}">${asText(spec.summary)}</a></li>`)}</ul>`,
    )}<h2>errors</h2><ul><li><a href="#errors">Every code</a></li></ul></nav>
<div>
<section class="card"><h1>API</h1>
<p class="lead">${asText(asJson(document.info).description)} The same as a document: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<p>${view.needsToken ? html`Send <code>Authorization: Bearer</code> with a token of the tokens file.` : html`No token is needed here: this producer listens on loopback alone.`} An <code>Idempotency-Key</code>, or an <code>id</code> of your own, makes a submit safe to send again for 24 hours after its job has ended.</p>
<pre tabindex="0">curl -s localhost:5000/api/jobs \\
  -H 'content-type: application/json' -H 'idempotency-key: order-4711' \\
  -d '{"type":"sleep","payload":{"seconds":2}}'</pre></section>
${tags.flatMap((tag) => ofTag(tag).map((operation) => operationCard(operation, document)))}
<section class="card" id="errors"><h2>Errors</h2><p>Answers are <code>application/problem+json</code> with a <code>code</code> that never changes its meaning, the <code>field</code> and the <code>rule</code> where there is one. Codes of jobs that failed are in the same table.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Error codes"><table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead><tbody>${view.errors.map(
      ({ code, status, title }) =>
        html`<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`,
    )}</tbody></table></div></section>
</div></div>`,
  });
}

function operationCard({ method, path, id, spec }: Operation, document: Json): Html {
  const parameters = asList(spec.parameters);
  const body = Object.values(asJson(asJson(spec.requestBody).content)).map(asJson)[0];
  const responses = Object.entries(asJson(spec.responses));
  return html`<section class="card operation" id="${id}">
<h2>${asText(spec.summary)}</h2>
<p><span class="method is-${method.toLowerCase()}">${method}</span> <code>${path}</code></p>
${asText(spec.description) !== '' && html`<p>${prose(asText(spec.description))}</p>`}
${
  parameters.length > 0 &&
  html`<h3>Parameters</h3><dl class="facts">${parameters.map((parameter) => {
    const schema = asJson(parameter.schema);
    return html`<div><dt><code>${asText(parameter.name)}</code> <span class="quiet">${asText(parameter.in)}</span></dt><dd>${asText(schema.description) || asText(parameter.description)} <span class="quiet">${ruleOf(schema)}</span></dd></div>`;
  })}</dl>`
}
${body !== undefined && html`<h3>Body</h3><details><summary>Schema</summary><pre tabindex="0">${JSON.stringify(resolved(body.schema, document, 0), null, 2)}</pre></details>`}
${responses.length > 0 && html`<p class="legend">${responses.map(([status]) => html`<span class="chip ${new Html(status.startsWith('2') ? 'state-completed' : '')}">${status}</span>`)}</p>`}
</section>`;
}

/** `code` in descriptions. */
const prose = (text: string): readonly Html[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

function ruleOf(schema: Json): string {
  const parts = ['type', 'minimum', 'maximum', 'maxLength', 'default'].flatMap((key) =>
    schema[key] === undefined ? [] : [`${key === 'type' ? '' : `${key} `}${String(schema[key])}`],
  );
  const choices = asList(schema.anyOf).flatMap((member) => (member.const === undefined ? [] : [String(member.const)]));
  return [...parts, choices.length > 0 ? choices.join(' | ') : ''].filter((part) => part !== '').join(', ');
}

/** References replaced by what they name, a few levels deep. */
function resolved(value: unknown, document: Json, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, document, depth));
  if (typeof value !== 'object' || value === null) return value;
  const reference = asText(asJson(value).$ref);
  if (reference !== '' && depth < 6) {
    const name = reference.split('/').at(-1) ?? '';
    return resolved(asJson(asJson(asJson(document.components).schemas))[name], document, depth + 1);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, document, depth + 1)]));
}
