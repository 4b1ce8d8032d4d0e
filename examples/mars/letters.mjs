// Hands on the letters it was given, with its own after them, to the agent that its edge leads to.
import { invoke, serveAgent } from 'drover/agent';

const own = [...(process.env.LETTERS ?? '')];

await serveAgent({
  onTurn({ input, mayInvoke }) {
    if (input.kind !== 'request') throw new Error(`expected a request, got ${JSON.stringify(input)}`);
    const given = Array.isArray(input.value) ? input.value : [];
    return invoke(mayInvoke[0], [...given, ...own]);
  },
});
