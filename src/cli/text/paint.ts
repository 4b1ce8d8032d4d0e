/** Colours of states: green works, yellow waits, red is broken. */
import type { colors } from '../lib/output';

const COLORS: Readonly<Record<string, 'green' | 'yellow' | 'red' | 'gray'>> = {
  running: 'green',
  ready: 'green',
  completed: 'green',
  done: 'green',
  pending: 'yellow',
  paused: 'yellow',
  starting: 'yellow',
  stopping: 'yellow',
  pausing: 'yellow',
  resuming: 'yellow',
  restarting: 'yellow',
  terminating: 'yellow',
  changing: 'yellow',
  degraded: 'yellow',
  failed: 'red',
  crashed: 'red',
  offline: 'red',
  unknown: 'red',
  rolled_back: 'red',
  stopped: 'gray',
  terminated: 'gray',
  cancelled: 'gray',
};

/** Colours the name of a state. */
export function painted(color: ReturnType<typeof colors>): (state: string) => string {
  return (state) => {
    const name = COLORS[state];
    return name === undefined ? state : color[name](state);
  };
}
