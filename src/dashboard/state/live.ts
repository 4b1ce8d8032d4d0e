/** The stream of events: it says which lists to read again, and whether the gateway is there. */
import { effect, signal } from '@preact/signals';
import { EVENT_TYPES } from '../../contract/event';
import { wallClockMs } from '../../lib/clock';
import { clockAheadMs, isConnected, session } from './api';
import { refreshAll, refreshFor } from './lists';

/** The gateway's time in epoch milliseconds, one step a second: ages are drawn from it, as its times are. */
export const now = signal(wallClockMs());
/** Counts events, so that a screen with one object reads it again. */
export const eventCount = signal(0);

/** Lists are read this often without an event, as an event may be missed. */
const READ_AGAIN_MS = 10_000;

/** Reads every list and the object on the screen. */
export function readAgain(): void {
  refreshAll();
  eventCount.value += 1;
}

/** Watches from now on, whenever a person is logged in. */
export function startWatching(): void {
  setInterval(() => (now.value = wallClockMs() + clockAheadMs.value), 1_000);
  effect(() => {
    now.value = wallClockMs() + clockAheadMs.value;
  });
  let name: string | undefined;
  let stop: (() => void) | undefined;
  effect(() => {
    if (session.value?.name === name) return;
    name = session.value?.name;
    stop?.();
    stop = name === undefined ? undefined : watch();
  });
}

function watch(): () => void {
  const stream = new EventSource('/v1/events');
  const heard = (type: string): void => {
    eventCount.value += 1;
    refreshFor(type);
  };
  for (const type of EVENT_TYPES) stream.addEventListener(type, () => heard(type));
  stream.onopen = () => {
    isConnected.value = true;
    readAgain();
  };
  stream.onerror = () => (isConnected.value = false);
  const again = window.setInterval(readAgain, READ_AGAIN_MS);
  readAgain();
  return () => {
    stream.close();
    window.clearInterval(again);
  };
}
