import type { JobDefinition } from 'prodwork/job/define-job';
import { parseFileRef } from 'prodwork/job/file-ref';
import { LIMITS } from 'prodwork/job/limits';
import type { Fault } from '../submit/rules.ts';
import { type Field, fieldsOf, keptControl } from './fields.ts';
import { Html, html } from './html.ts';
import { layout } from './layout.ts';

export interface FormView {
  readonly jobTypes: readonly JobDefinition[];
  readonly selected: JobDefinition;
  readonly token: string;
  readonly values: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
  /** Said above the form when it is shown again. */
  readonly notice?: Html;
  readonly canPrioritize: boolean;
  readonly canDelay: boolean;
  readonly gauge: Html;
  readonly replica: string;
}

export function formPage(view: FormView): string {
  return layout({
    title: 'Submit a job',
    section: 'submit',
    replica: view.replica,
    main: html`<div class="columns">
<section class="card" aria-labelledby="form-title">
<h1 id="form-title">Submit a job</h1>
${typeChooser(view)}
${summary(view)}
<form method="post" action="/jobs" class="job-form" data-once${hasFiles(view) && new Html(' enctype="multipart/form-data"')}>
<input type="hidden" name="token" value="${view.token}">
<input type="hidden" name="type" value="${view.selected.type}">
<p class="lead">${view.selected.description}</p>
${fieldsOf(view.selected.input).map((field) => control(view, field))}
${control(view, COPIES)}
${(view.canPrioritize || view.canDelay) && moreOptions(view)}
<div class="actions"><button class="button primary" type="submit">Submit</button></div>
</form>
</section>
<section class="gauge" aria-label="The queue now" data-gauge>${view.gauge}</section>
</div>`,
  });
}

const hasFiles = ({ selected }: FormView): boolean => fieldsOf(selected.input).some(({ kind }) => kind === 'file');

const COPIES: Field = {
  name: 'copies',
  control: 'copies',
  label: 'Copies',
  help: `How many of it, 1 to ${LIMITS.copies.toLocaleString('en-US')}: a few hundred make a queue to watch.`,
  kind: 'integer',
  isRequired: true,
  fallback: '1',
  choices: [],
  minimum: 1,
  maximum: LIMITS.copies,
};

function typeChooser({ jobTypes, selected }: FormView): Html {
  return html`<nav class="types" aria-label="Job type">${jobTypes.map(
    (definition) =>
      html`<a href="/?type=${definition.type}"${new Html(definition === selected ? ' aria-current="true"' : '')}><strong>${definition.title}</strong><code>${definition.type}</code></a>`,
  )}</nav>`;
}

function summary({ faults, notice, selected }: FormView): Html {
  if (notice !== undefined) return html`<div class="alert" role="alert" tabindex="-1" data-focus>${notice}</div>`;
  if (faults.length === 0) return html``;
  const fields = [...fieldsOf(selected.input), COPIES, PRIORITY, DELAY];
  return html`<div class="alert" role="alert" tabindex="-1" data-focus><p><strong>Nothing was queued yet.</strong> Please look at:</p><ul>${faults.map(
    (fault) => {
      const name = controlOf(fault, fields);
      const field = fields.find((candidate) => candidate.control === name);
      if (field === undefined) return html`<li>${fault.field} ${fault.rule}</li>`;
      return html`<li><a href="#f-${name}">${field.label}</a> ${fault.rule}</li>`;
    },
  )}</ul></div>`;
}

function moreOptions(view: FormView): Html {
  const isOpen = ['priority', 'delaySeconds'].some(
    (name) => (view.values.get(name) ?? '') !== '' && view.values.get(name) !== 'normal',
  );
  return html`<details class="more"${new Html(isOpen ? ' open' : '')}><summary>More options</summary>
${view.canPrioritize && control(view, PRIORITY)}
${view.canDelay && control(view, DELAY)}
</details>`;
}

const PRIORITY: Field = {
  name: 'priority',
  control: 'priority',
  label: 'Priority',
  help: 'High goes before normal, normal before low.',
  kind: 'choice',
  isRequired: true,
  fallback: 'normal',
  choices: ['high', 'normal', 'low'],
};
const DELAY: Field = {
  name: 'delaySeconds',
  control: 'delaySeconds',
  label: 'Start in',
  help: 'Seconds from now; empty means at once.',
  kind: 'number',
  isRequired: false,
  fallback: '',
  choices: [],
  minimum: 0,
  maximum: LIMITS.delayMs / 1000,
};

/** The control that a fault belongs to: `payload.seconds` stands in the control `seconds`. */
function controlOf(fault: Fault, fields: readonly Field[]): string {
  const inPayload = /^payload\.([^.]+)/.exec(fault.field)?.[1];
  const field = fields.find((candidate) => candidate.name === inPayload);
  return field?.control ?? { delayMs: 'delaySeconds' }[fault.field] ?? fault.field;
}

function control(view: FormView, field: Field): Html {
  const fault = view.faults.find((candidate) => controlOf(candidate, fieldsOf(view.selected.input)) === field.control);
  const value = view.values.get(field.control) ?? field.fallback;
  const describedBy = [field.help && `h-${field.control}`, fault && `e-${field.control}`].filter(Boolean).join(' ');
  const isNeeded = field.isRequired && field.kind !== 'checkbox' && !(field.kind === 'file' && value !== '');
  const shared = html` id="f-${field.control}" name="${field.control}"${isNeeded && new Html(' required')}${describedBy !== '' && html` aria-describedby="${describedBy}"`}${fault !== undefined && new Html(' aria-invalid="true"')}`;
  const help = html`${field.help !== '' && html`<p class="help" id="h-${field.control}">${field.help}</p>`}${fault !== undefined && html`<p class="fault" id="e-${field.control}">${field.label} ${fault.rule}</p>`}`;
  if (field.kind === 'checkbox') {
    const isOn = view.values.size > 0 ? value === 'on' : value === 'true';
    return html`<div class="field"><label class="check"><input type="checkbox"${shared}${new Html(isOn ? ' checked' : '')}> ${field.label}</label>${help}</div>`;
  }
  return html`<div class="field"><label for="f-${field.control}">${field.label}${!field.isRequired && html` <span class="quiet">optional</span>`}</label>${input(field, value, shared)}${help}</div>`;
}

function input(field: Field, value: string, shared: Html): Html {
  const bounds = html`${field.minimum !== undefined && html` min="${field.minimum}"`}${field.maximum !== undefined && html` max="${field.maximum}"`}${field.maxLength !== undefined && html` maxlength="${field.maxLength}"`}${field.placeholder !== undefined && html` placeholder="${field.placeholder}"`}`;
  switch (field.kind) {
    case 'integer':
      return html`<input type="number" inputmode="numeric" step="1"${shared}${bounds} value="${value}">`;
    case 'number':
      return html`<input type="number" inputmode="decimal" step="any"${shared}${bounds} value="${value}">`;
    case 'choice':
      return html`<select${shared}>${!field.isRequired && html`<option value=""></option>`}${field.choices.map((choice) => html`<option${new Html(choice === value ? ' selected' : '')}>${choice}</option>`)}</select>`;
    case 'long-text':
    case 'json':
      return html`<textarea rows="5" spellcheck="false"${shared}${bounds}>\n${value}</textarea>`;
    case 'file':
      return fileInput(field, value, shared);
    default:
      return html`<input type="${field.inputType ?? 'text'}"${shared}${bounds} value="${value}">`;
  }
}

/** A browser never fills a file in again. One that is stored already goes along by its reference. */
function fileInput(field: Field, value: string, shared: Html): Html {
  const kept = parseFileRef(value);
  const limit = html` data-bytes-max="${LIMITS.fileBytes}"`;
  return html`<input type="file"${shared}${field.accept !== undefined && html` accept="${field.accept}"`}${limit}>${kept !== undefined && html`<input type="hidden" name="${keptControl(field.control)}" value="${value}"><p class="kept"><strong>${kept.name}</strong> is stored already; choose another file to replace it.</p>`}`;
}
