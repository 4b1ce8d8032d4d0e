/**
 * The play of a person with a coding agent: a first fleet by a template, a task, a permission, an end with
 * Ctrl-C, and another task in the same session. The same play has our own agent and the real one.
 */
import { type Place, timed } from './terminal';

/** The tool and what it is told. */
export interface CodingPlay {
  readonly template: string;
  /** Variables of the terminals; `PATH` leads to the tool. */
  readonly env: Readonly<Record<string, string>>;
  /** A task that needs a permission, and its answer. */
  readonly first: { readonly task: string; readonly asks: string | RegExp; readonly answer: string };
  /** A task whose answer shows that the session goes on. */
  readonly second: { readonly task: string; readonly answer: string };
}

/** Plays it in a folder that is empty at first. */
export async function playCodingAgent(place: Place, { template, env, first, second }: CodingPlay): Promise<void> {
  const [up, other] = [place.terminal({ env }), place.terminal({ env })];
  expect((await up.run(`drover init --template ${template}`)).text).toContain('wrote fleet.yaml');
  await up.type('drover up fleet.yaml --keep');
  await timed(`up with ${template}`, () => up.shows('Ctrl-C'));
  await other.type(`drover run hello "${first.task}"`);
  await timed('the question for permission', () => other.shows(/^answer>$/m));
  expect(await other.shows(first.asks)).toContain('Coder asks for permission');
  other.press('allow\r');
  await timed('the answer after it', () => other.shows(first.answer));
  up.press('\x03');
  await up.shows(/gets it back[^]*^\$$/m);
  await up.type('drover up fleet.yaml --keep');
  await timed('up again', () => up.shows('Ctrl-C'));
  await other.type(`drover run hello "${second.task}"`);
  await timed('the answer in the same session', () => other.shows(second.answer));
}
