/**
 * Loaded into a process (`--import`): its clock is off by `?ms=`. Everything in it that asks for the time of day asks
 * JavaScript's Date; timers and performance.now() run on, as they do on a machine whose clock is set wrong.
 */
const offset = Number(new URL(import.meta.url).searchParams.get('ms'));
const RealDate = Date;
const now = () => RealDate.now() + offset;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static now() {
    return now();
  }
};
