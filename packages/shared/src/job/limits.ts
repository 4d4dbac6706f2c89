/** Bounds of what a caller may ask for. The API, the form, the command line and the docs all read them here. */
export const LIMITS = {
  /** Payload as JSON text, bytes of UTF-8. */
  payloadBytes: 256 * 1024,
  /** Result as JSON text, bytes of UTF-8. */
  resultBytes: 256 * 1024,
  /** Nesting depth of any JSON that comes in. */
  jsonDepth: 32,
  /** Keys of any JSON that comes in, all objects together. */
  jsonKeys: 10_000,
  /** Latest `delayMs` / `runAt`: a year ahead, ms. */
  delayMs: 365 * 24 * 3600 * 1000,
  /** No job starts more often than this, attempts and redeliveries together. */
  maxAttempts: 20,
  deliveryLimit: 20,
  timeoutMs: { min: 1, max: 24 * 3600 * 1000 },
  copies: 1_000,
  /** One file, bytes. */
  fileBytes: 10 * 1024 * 1024,
  /** An upload that no job refers to is kept this long, ms. */
  uploadKeepMs: 3600 * 1000,
  bulkJobs: 10_000,
  bulkBytes: 64 * 1024 * 1024,
  errorMessageChars: 2_000,
  progressBytes: 1_024,
  idempotencyKeyChars: 255,
  /** Chosen ids and idempotency keys are remembered this long after the job has ended, ms. */
  rememberMs: 24 * 3600 * 1000,
} as const;
