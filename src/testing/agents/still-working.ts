/** A turn whose answer takes this much simulated time from now on. */
export class StillWorking extends Error {
  readonly ms: number;

  constructor(agent: string, ms: number) {
    super(`${agent} still works on the turn`);
    this.ms = ms;
  }
}
