/** Rules for every name that a caller chooses. One place, so that the API, the form and the engines agree. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9_-]{0,63}$';
export const JOB_ID_PATTERN = '^[A-Za-z][A-Za-z0-9_-]{0,63}$';
export const WORKER_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

const NAME = new RegExp(NAME_PATTERN);
const JOB_ID = new RegExp(JOB_ID_PATTERN);
const WORKER_NAME = new RegExp(WORKER_NAME_PATTERN);

/** True for a queue or type name. */
export const isName = (value: string): boolean => NAME.test(value);
/** True for a job id that a caller may choose. */
export const isChosenId = (value: string): boolean => JOB_ID.test(value);
export const isWorkerName = (value: string): boolean => WORKER_NAME.test(value);
