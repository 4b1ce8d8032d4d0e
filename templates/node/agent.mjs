import { final, serveAgent } from 'drover/agent';

/** Takes one turn: the task comes in, the answer goes out. */
export async function onTurn({ input }) {
  return final(`${process.env.GREETING ?? 'Hello'}, ${input.value}!`);
}

// Drover sets this variable where it starts the agent. The test imports onTurn alone.
if (process.env.DROVER_GATEWAY) await serveAgent({ onTurn });
