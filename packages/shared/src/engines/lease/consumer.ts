import type { Claim, Consumer, ConsumerContext } from '../../engine/consumer.ts';
import { isProdworkError, ProdworkError } from '../../errors.ts';
import type { Outcome, SettleAnswer } from '../../job/outcome.ts';
import type { Log } from '../../log.ts';
import { type Connection, closeConnection, createConnection, keepConnected } from '../../redis/connections.ts';
import { isReply } from '../../redis/script.ts';
import type { EngineOptions } from '../open.ts';
import { Hands, type Held } from './hands.ts';
import { Inbox, ready } from './inbox.ts';
import { connectionName, join } from './membership.ts';
import { decodeClaim, decodeClaims, decodeRecord, HeldClaim, type RawClaim, toClaim } from './record.ts';
import { scripts } from './scripts.ts';
import { Seen } from './seen.ts';
import { type DataSets, Shard } from './shard.ts';
import { encodeOutcome } from './trail.ts';
import { type Settling, Turns } from './turns.ts';
import { Upkeep } from './upkeep.ts';

/** No byte for this long while an answer is due, and the connection is taken for dead, ms. */
const SILENCE_MS = 3_000;
/** How often a worker whose Redis lost its data looks whether it came back, ms. */
const LOST_RETRY_MS = 1_000;
const RETRY_MS = 200;
const BEAT_CHECK_MS = 250;
/** Claims read back from a hold at once, at most. */
const READ_BACK = 10;

/**
 * A worker's side of the lease engine. Four parts share its life: `Turns` settles and claims, `Inbox` receives what is
 * handed over while slots are free, `Upkeep` serves the election, and this class joins, recovers and leaves.
 */
export class LeaseConsumer implements Consumer {
  private readonly context: ConsumerContext;
  private readonly options: EngineOptions;
  private readonly log: Log;
  private readonly connection: Connection;
  private readonly shard: Shard;
  private readonly hands = new Hands();
  private readonly turns: Turns;
  private readonly inbox: Inbox;
  private readonly upkeep: Upkeep;
  private readonly beat: { timer?: NodeJS.Timeout } = {};
  private readonly seen = new Seen();
  private incarnation: string;
  private incarnations = 1;
  private slots: number;
  private isStopped = false;
  private isQuiet = false;
  private isJoined = false;
  /** Redis may know this incarnation: it was told of it, whether or not it has answered yet. */
  private hasKnocked = false;
  private isRecovering = false;
  private recoverAgain = false;
  private stopping: Promise<void> | undefined;
  private readonly turned = { inbox: Date.now(), turns: Date.now() };

  constructor(options: EngineOptions, dataSets: DataSets, context: ConsumerContext) {
    this.options = options;
    this.context = context;
    this.log = options.log.child({ workerId: context.options.name });
    this.incarnation = context.options.incarnation;
    this.slots = context.options.slots;
    this.connection = createConnection(options.redisUrl, {
      name: connectionName(options.prefix, this.incarnation),
      silenceMs: SILENCE_MS,
    });
    this.shard = new Shard(this.connection, dataSets, options.prefix, context.options.queue, 0);
    this.turns = new Turns(this.shard, options, {
      onClaims: (claims) => this.receive(claims),
      onSettled: (settling, answer) => this.onSettled(settling, answer),
      onGone: () => this.recover(),
      onBroken: (error) => this.onBroken(error),
      onTurn: () => {
        this.turned.turns = Date.now();
      },
      vitals: context.vitals,
    });
    this.inbox = new Inbox(options.redisUrl, this.log, {
      onMessages: (messages) => this.receive(messages),
      onBroken: () => this.recover(),
      onTurn: () => {
        this.turned.inbox = Date.now();
      },
    });
    this.upkeep = new Upkeep(this.connection, this.shard, options, this.log);
  }

  async start(): Promise<void> {
    if (this.isStopped) return;
    const touch = () => {
      this.turned.turns = Date.now();
    };
    this.connection.on('reconnecting', touch);
    keepConnected(this.connection);
    this.recover();
    this.beat.timer = setInterval(() => {
      if (this.isJoined) this.turns.beatIfDue(Date.now());
    }, BEAT_CHECK_MS);
  }

  stop(): Promise<void> {
    this.stopping ??= this.leave();
    return this.stopping;
  }

  settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    if (this.isStopped) return Promise.reject(new ProdworkError('QUEUE_UNAVAILABLE', 'the consumer is stopped'));
    const held = HeldClaim.heldOf(claim);
    if (held?.answer !== undefined) return held.answer;
    if (!held?.isHeld) return Promise.resolve('lost');
    held.isSettling = true;
    held.answer = new Promise<SettleAnswer>((resolve, reject) => {
      this.turns.settle({ held, verb: encodeOutcome(outcome), resolve, reject });
    });
    return held.answer;
  }

  reportProgress(claim: Claim, json: string): void {
    const held = HeldClaim.heldOf(claim);
    if (!held?.isHeld || held.isSettling || !this.isReady()) return;
    held.mayHaveProgress = true;
    this.shard.run(scripts.progress, [this.incarnation, held.local, claim.fence, json]).catch((err: unknown) => {
      this.log.debug({ err, jobId: claim.id }, 'a progress report was lost');
    });
  }

  resize(slots: number): void {
    this.slots = slots;
    if (this.isQuiet) return;
    this.turns.slots = slots;
    this.turns.want();
  }

  quiet(): void {
    if (this.isQuiet) return;
    this.isQuiet = true;
    this.turns.slots = 0;
    this.turns.want();
  }

  isReady(): boolean {
    return this.isJoined && !this.isRecovering && !this.isQuiet && this.connection.status === 'ready';
  }

  turnedAt(): number {
    return Math.min(this.turned.inbox, this.turned.turns);
  }

  private async leave(): Promise<void> {
    this.quiet();
    this.isStopped = true;
    clearInterval(this.beat.timer);
    this.upkeep.close();
    this.inbox.close();
    this.turns.close();
    try {
      if (this.hasKnocked && this.connection.status === 'ready') {
        await this.shard.run(scripts.deregister, [
          this.incarnation,
          this.options.deliveryLimit,
          this.options.keep.count,
          'leaving',
        ]);
      }
    } catch (err) {
      this.log.warn({ err }, 'could not sign off; the other workers will notice');
    } finally {
      this.turns.fail(new ProdworkError('QUEUE_UNAVAILABLE', 'the consumer is stopped'));
      closeConnection(this.connection);
    }
  }

  private onSettled({ held, resolve }: Settling, answer: SettleAnswer): void {
    this.hands.remove(held);
    resolve(answer);
  }

  /** Messages of the turn's answer and of the inbox. */
  private receive(messages: readonly unknown[]): void {
    this.turned.turns = Date.now();
    const claims: Claim[] = [];
    const { isLeaseDoubtful } = this.turns;
    for (const part of messages) {
      const message = Array.isArray(part) ? 'C' : String(part);
      switch (message[0]) {
        case 'C':
          // This process stood still: Redis is asked first what is still ours, and that is read back from the hold.
          if (isLeaseDoubtful) this.recover();
          else for (const raw of decodeClaims(part)) this.take(raw, claims);
          break;
        case 'X':
          this.onCancel(message.slice(1));
          break;
        case 'M':
          this.turns.want();
          break;
        case 'T':
          this.upkeep.soon();
          break;
        case 'S':
          this.recover();
          break;
        default:
          this.log.warn({ kind: message.slice(0, 1) }, 'a message of an unknown kind was ignored');
      }
    }
    if (claims.length > 0) this.context.events.onClaims(claims);
  }

  /** Adds what is new to `claims`. */
  private take(raw: RawClaim, claims: Claim[]): void {
    if (this.seen.isNew(raw.local, raw.fence)) this.hold(raw, claims);
  }

  private hold(raw: RawClaim, claims: Claim[]): void {
    const claim = toClaim(raw, this.shard.queue, this.shard.number);
    if (claim === undefined) {
      this.buryUnreadable(raw);
      return;
    }
    this.hands.add(raw.local, claim);
    claims.push(claim);
  }

  /** A record that was planted or damaged ends here: that job is dead, this worker is not. */
  private buryUnreadable(raw: RawClaim): void {
    const claim = toClaim({ ...raw, record: '["1unreadable",1,0,0,0]\nnull' }, this.shard.queue, this.shard.number);
    if (claim === undefined) return;
    this.hands.add(raw.local, claim);
    this.log.error({ jobId: claim.id }, 'the stored job cannot be read; it is dead');
    const error = { code: 'INVALID_RECORD', message: 'the stored job cannot be read' };
    this.settle(claim, { kind: 'bury', error }).catch(() => {});
  }

  private onCancel(text: string): void {
    const [local = '', fence] = text.split(' ');
    const held = this.hands.get(local, Number(fence));
    if (held !== undefined && !held.isSettling) this.context.events.onCancel(held.claim.id, held.claim.fence);
  }

  private onBroken(error: unknown): void {
    if (!this.isStopped) this.log.warn({ err: error }, 'a call to Redis was not answered; it will be sent again');
    this.recover();
  }

  /**
   * Brings hands and hold together again: after a lost connection, a lost answer, or when this incarnation was taken for
   * dead. Runs one at a time; asked for meanwhile, it runs once more.
   */
  private recover(): void {
    if (this.isStopped) return;
    if (this.isRecovering) {
      this.recoverAgain = true;
      return;
    }
    this.isRecovering = true;
    this.turns.close();
    void this.recoverLoop().finally(() => {
      this.isRecovering = false;
    });
  }

  private async recoverLoop(): Promise<void> {
    while (!this.isStopped) {
      this.recoverAgain = false;
      this.turned.turns = Date.now();
      try {
        await ready(this.connection, () => !this.isStopped);
        if (this.isStopped) return;
        const epoch = await this.shard.open();
        if (!this.isJoined || !(await this.reconcile(epoch))) await this.rejoin();
        this.turns.slots = this.isQuiet ? 0 : this.slots;
        if (!this.recoverAgain) {
          this.turns.open(this.incarnation, epoch);
          return;
        }
      } catch (error) {
        if (this.isStopped || this.isFatal(error)) return;
        const isLost = isProdworkError(error, 'PRODWORK_DATASET_LOST');
        if (isLost) this.onDataSetLost(error);
        else this.log.warn({ err: error }, 'not connected to the queue yet; trying again');
        await new Promise((resolve) => setTimeout(resolve, isLost ? LOST_RETRY_MS : RETRY_MS));
      }
    }
  }

  private isFatal(error: unknown): boolean {
    const isFatal =
      isProdworkError(error, 'PRODWORK_WORKER_NAME_TAKEN') ||
      isProdworkError(error, 'PRODWORK_LAYOUT_NEWER') ||
      isProdworkError(error, 'PRODWORK_LAYOUT_BUSY') ||
      isReply(error, 'WRONGPASS') ||
      isReply(error, 'NOPERM');
    if (isFatal && error instanceof Error) this.context.events.onFatal(error);
    return isFatal;
  }

  private onDataSetLost(error: ProdworkError): void {
    this.log.error({ err: error }, 'the data set is lost');
    this.turned.inbox = Date.now();
    this.dropAll();
  }

  /** Compares what Redis says we hold with what we have. Resolves false when this incarnation is gone. */
  private async reconcile(epoch: string): Promise<boolean> {
    await this.turns.resend();
    // What comes by the inbox while Redis answers may be newer than the answer: that is not judged by it.
    const inHand = this.hands.all();
    const [tag, ...pairs] = await this.shard.ask(scripts.holds, [this.incarnation, epoch]);
    if (tag === 'gone') return false;
    const holds = new Map<string, string>();
    for (let at = 0; at < pairs.length; at += 2) holds.set(String(pairs[at]), String(pairs[at + 1]));
    for (const held of inHand) {
      if (holds.get(held.local) === String(held.claim.fence)) holds.delete(held.local);
      else if (held.isHeld && !held.isSettling) this.drop(held);
    }
    await this.readBackClaims([...holds.keys()]);
    return true;
  }

  private async readBackClaims(locals: readonly string[]): Promise<void> {
    let at = 0;
    while (at < locals.length) {
      const ids = locals.slice(at, at + READ_BACK);
      const [looked, ...texts] = await this.shard.run(scripts.readHold, [this.incarnation, ...ids]);
      at += Math.max(1, Number(looked));
      for (const text of texts.map(String)) {
        const raw = decodeClaim(text);
        if (raw === undefined || this.hands.get(raw.local, raw.fence) !== undefined) continue;
        const isKnown = this.seen.has(raw.local, raw.fence);
        const claims: Claim[] = [];
        this.seen.noteReadBack(raw.local, raw.fence);
        if (isKnown) this.giveBack(raw, 'end-forgotten');
        else this.hold(raw, claims);
        for (const claim of claims) this.adopt(claim, raw);
      }
    }
  }

  /**
   * Runs a claim whose hand-over got lost. A type that must not start twice is given up instead: it may have run, and
   * Redis may have forgotten its end.
   */
  private adopt(claim: Claim, raw: RawClaim): void {
    if (decodeRecord(raw.record)?.header.delivery === 'at-most-once') {
      this.release(claim, 'hand-over-lost');
      return;
    }
    this.log.info({ jobId: claim.id }, 'a claim whose hand-over got lost was read back');
    this.context.events.onClaims([claim]);
  }

  /**
   * Redis holds us for a claim that we have had and are done with: it has forgotten the end (a power loss). The job goes
   * back, so that it is started again under a fence of its own.
   */
  private giveBack(raw: RawClaim, cause: string): void {
    const claim = toClaim(raw, this.shard.queue, this.shard.number);
    if (claim === undefined) {
      this.buryUnreadable(raw);
      return;
    }
    this.log.warn({ jobId: claim.id }, 'Redis has forgotten the end of a job: it is handed back');
    this.hands.add(raw.local, claim).mayHaveProgress = true;
    this.release(claim, cause);
  }

  private release(claim: Claim, cause: string): void {
    this.settle(claim, { kind: 'release', cause }).catch(() => {});
  }

  /** Joins as a new incarnation; what the last one had in hand is no longer ours. */
  private async rejoin(): Promise<void> {
    this.dropAll();
    if (this.isJoined) {
      this.incarnations++;
      this.incarnation = `${this.context.options.incarnation}~${this.incarnations}`;
      this.log.warn('this worker was taken for dead; it begins anew');
    }
    this.hasKnocked = true;
    const isWanted = () => !this.isStopped;
    await join(this.connection, this.shard, this.incarnation, this.context.options, this.options, this.log, isWanted);
    if (this.isStopped) return;
    this.isJoined = true;
    const epoch = await this.shard.open();
    this.inbox.open(this.shard.keys.inbox(this.incarnation), connectionName(this.options.prefix, this.incarnation));
    this.upkeep.open(this.incarnation, epoch);
  }

  private dropAll(): void {
    this.turns.fail('lost');
    for (const held of this.hands.all()) this.drop(held);
  }

  private drop(held: Held): void {
    this.hands.remove(held);
    this.context.events.onLost(held.claim.id, held.claim.fence);
  }
}
