import { final, serveAgent, type TurnReply, type TurnRequest } from 'drover/agent';

/** Takes one turn: the task comes in, the answer goes out. */
export async function onTurn({ input, task }: TurnRequest): Promise<TurnReply> {
  const name = input.kind === 'task' ? input.value : task;
  return final(`${process.env['GREETING'] ?? 'Hello'}, ${String(name)}!`);
}

// Drover sets this variable where it starts the agent. The test imports onTurn alone.
if (process.env['DROVER_GATEWAY']) await serveAgent({ onTurn });
