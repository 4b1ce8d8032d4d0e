/**
 * Combines bursts of equal messages: messages that arrive while one is being sent wait, and are
 * sent together next (decision 16).
 */

/** Sends one message for all of these, in order of arrival. */
export type SendTogether<M, A> = (messages: readonly M[]) => Promise<A>;

interface Line<M, A> {
  readonly present: Promise<A>;
  next: { readonly messages: M[]; readonly answer: Promise<A> } | null;
}

/** Messages of type `M` with answers of type `A`. */
export class Bursts<M, A> {
  readonly #lines = new Map<string, Line<M, A>>();

  /**
   * Sends at once. While a message of the same key is being sent, waits and is sent with all others
   * that wait; all get its answer or error.
   */
  run(key: string, message: M, send: SendTogether<M, A>): Promise<A> {
    const line = this.#lines.get(key);
    if (line === undefined) return this.#begin(key, [message], send);
    line.next ??= this.#afterwards(key, line, send);
    line.next.messages.push(message);
    return line.next.answer;
  }

  #begin(key: string, messages: readonly M[], send: SendTogether<M, A>): Promise<A> {
    const line: Line<M, A> = { present: send(messages), next: null };
    this.#lines.set(key, line);
    const leave = (): void => {
      if (line.next === null) this.#lines.delete(key);
    };
    line.present.then(leave, leave);
    return line.present;
  }

  #afterwards(key: string, line: Line<M, A>, send: SendTogether<M, A>): NonNullable<Line<M, A>['next']> {
    const messages: M[] = [];
    const begin = (): Promise<A> => this.#begin(key, messages, send);
    return { messages, answer: line.present.then(begin, begin) };
  }
}
