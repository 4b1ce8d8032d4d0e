// Asks every agent it may ask for letters, and builds the word in the order of their names, not of their answers.
import { final, invoke, serveAgent } from 'drover/agent';

const byName = (a, b) => (a.from < b.from ? -1 : 1);

await serveAgent({
  onTurn({ input, mayInvoke }) {
    if (input.kind === 'task') {
      const agents = mayInvoke.filter((name) => name !== 'End');
      return invoke(agents.map((agent) => ({ agent, request: 'Provide your letters.' })));
    }
    if (input.kind !== 'results') throw new Error(`expected a task or results, got ${JSON.stringify(input)}`);
    const letters = [...input.results].sort(byName).flatMap(({ value }) => value);
    return final(letters.join(''));
  },
});
