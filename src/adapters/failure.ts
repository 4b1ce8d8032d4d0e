/** How the program behind an adapter fails. */

/** Facts beside the message, from which the kind of failure is found (contract/failure/kind.ts). */
export interface AgentFailureFacts {
  /** The status of the model's provider. */
  readonly status?: number | undefined;
  /** The exit code of the program. */
  readonly exitCode?: number | undefined;
  /** Headers of the answer, with names in lower case: they say when a limit ends. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The program failed. The agents' library reports the kind with the reply. */
export class AgentFailure extends Error {
  readonly status: number | undefined;
  readonly exitCode: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(message: string, { status, exitCode, headers }: AgentFailureFacts = {}) {
    super(message);
    this.name = 'AgentFailure';
    this.status = status;
    this.exitCode = exitCode;
    this.headers = headers;
  }
}
