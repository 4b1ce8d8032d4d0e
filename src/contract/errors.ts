/**
 * The closed list of errors. A code is raised once, where the fact is known, and translated once
 * per boundary: to an `ApplicationFailure` by workflows, to `application/problem+json` by the
 * gateway, to an exit code by the CLI.
 */
import { boundedText, ERROR_BYTES } from './text';

/**
 * The mapping of an error code at the outer boundaries: `exit` for the CLI, `http` for the gateway.
 */
export interface ErrorKind {
  readonly exit: number;
  readonly http: number;
}

const FAILED = { exit: 1, http: 502 } as const;
const INTERNAL = { exit: 1, http: 500 } as const;
const INVALID = { exit: 2, http: 422 } as const;
const NOT_FOUND = { exit: 3, http: 404 } as const;
const REFUSED = { exit: 5, http: 409 } as const;
const UNAVAILABLE = { exit: 6, http: 503 } as const;

/**
 * Every error code with its exit code and HTTP status (docs/cli.md, "What is printed";
 * docs/http.md, "Errors").
 */
export const ERRORS = {
  ProviderError: FAILED,
  Internal: INTERNAL,
  InvalidFleet: INVALID,
  InvalidScenario: INVALID,
  InvalidRequest: INVALID,
  AgentNotFound: NOT_FOUND,
  FleetNotFound: NOT_FOUND,
  RunNotFound: NOT_FOUND,
  PoolNotFound: NOT_FOUND,
  NotFound: NOT_FOUND,
  MethodNotAllowed: { exit: 2, http: 405 },
  Unauthorized: { exit: 4, http: 401 },
  Forbidden: { exit: 4, http: 403 },
  AgentStatusError: REFUSED,
  RuntimeStateError: REFUSED,
  ResumeStateError: REFUSED,
  ChangeInProgress: REFUSED,
  StaleAttempt: REFUSED,
  StaleRevision: REFUSED,
  DuplicateCompensation: REFUSED,
  CompensationStateError: REFUSED,
  TurnRejected: REFUSED,
  IdempotencyConflict: REFUSED,
  LimitReached: { exit: 5, http: 413 },
  Unavailable: UNAVAILABLE,
  AgentBusy: UNAVAILABLE,
  AgentUnavailable: UNAVAILABLE,
  RateLimited: { exit: 6, http: 429 },
  Timeout: { exit: 124, http: 504 },
} as const satisfies Record<string, ErrorKind>;

/** One of the codes of the closed list. */
export type ErrorCode = keyof typeof ERRORS;

/**
 * The JSON form of an error on every wire; `details` holds what a program needs to react, never a
 * secret.
 */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The only error class of the product. `message` says what is wrong, where, and what to do, in at
 * most `ERROR_BYTES` bytes.
 */
export class DroverError extends Error {
  override readonly name = 'DroverError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, details?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super(boundedText(message, ERROR_BYTES), options);
    this.code = code;
    this.details = details;
  }

  /** The JSON form that crosses a boundary. */
  toBody(): ErrorBody {
    const body = { code: this.code, message: this.message };
    return this.details === undefined ? body : { ...body, details: this.details };
  }
}

/**
 * The code of a refusal that concerns rights, if the error is one; null for other errors. A
 * repeat of the same request is refused again, so nothing retries it and nothing treats it as a
 * failure of the other side.
 */
export function refusalOf({ code }: Pick<ErrorBody, 'code'>): 'Forbidden' | null {
  return code === 'Forbidden' ? code : null;
}

/** Whether a value, such as the `type` of a failure, is a code of the list. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
