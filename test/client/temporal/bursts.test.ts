/** Bursts: the first goes at once, the rest together. */
import { Bursts } from '../../../src/client/temporal/bursts';

/** A sender that answers when the test says. */
function sender() {
  const sent: { readonly messages: readonly string[]; answer(): void; fail(): void }[] = [];
  const send = (messages: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      sent.push({
        messages,
        answer: () => resolve(messages.join('+')),
        fail: () => reject(new Error(`${messages.join('+')} failed`)),
      });
    });
  return { sent, send };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('calls that come while one is on its way go together after it, and all get one answer', async () => {
  const { sent, send } = sender();
  const bursts = new Bursts<string, string>();
  const answers = ['a', 'b', 'c', 'd'].map((message) => bursts.run('k', message, send));
  expect(sent.map(({ messages }) => messages)).toEqual([['a']]);
  sent[0]?.answer();
  await turn();
  expect(sent.map(({ messages }) => messages)).toEqual([['a'], ['b', 'c', 'd']]);
  const late = bursts.run('k', 'e', send);
  sent[1]?.answer();
  await turn();
  sent[2]?.answer();
  expect(await Promise.all([...answers, late])).toEqual(['a', 'b+c+d', 'b+c+d', 'b+c+d', 'e']);
});

test('an unlike call does not wait', async () => {
  const { sent, send } = sender();
  const bursts = new Bursts<string, string>();
  void bursts.run('k', 'a', send);
  void bursts.run('l', 'b', send);
  expect(sent.map(({ messages }) => messages)).toEqual([['a'], ['b']]);
});

test('an error reaches the senders of its message, and the others go on', async () => {
  const { sent, send } = sender();
  const bursts = new Bursts<string, string>();
  const answers = Promise.allSettled(['a', 'b', 'c'].map((message) => bursts.run('k', message, send)));
  sent[0]?.fail();
  await turn();
  sent[1]?.answer();
  expect((await answers).map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'))).toEqual([
    'failed',
    'b+c',
    'b+c',
  ]);
});

test('a burst that is over leaves nothing behind: the next message goes at once', async () => {
  const { sent, send } = sender();
  const bursts = new Bursts<string, string>();
  const first = bursts.run('k', 'a', send);
  sent[0]?.answer();
  await first;
  await turn();
  void bursts.run('k', 'b', send);
  expect(sent.map(({ messages }) => messages)).toEqual([['a'], ['b']]);
});
