// Appends its own letters to the given ones and passes them to the agent at the end of its edge.
import { invoke, serveAgent } from 'drover/agent';

const own = [...(process.env.LETTERS ?? '')];

await serveAgent({
  onTurn({ input, mayInvoke }) {
    if (input.kind !== 'request') throw new Error(`expected a request, got ${JSON.stringify(input)}`);
    const given = Array.isArray(input.value) ? input.value : [];
    return invoke(mayInvoke[0], [...given, ...own]);
  },
});
