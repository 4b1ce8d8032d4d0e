/** The hidden command by which shells ask for completions. */
export const COMPLETE = '__complete';
