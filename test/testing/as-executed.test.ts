/** The times that a replay reads of several workflow tasks in a row. */
import { asExecuted } from '../../src/testing/server/as-executed';

const at = (time: number) => ({ eventTime: { nanos: time } });
const signal = (time: number) => ({ ...at(time), workflowExecutionSignaledEventAttributes: {} });
const timer = (time: number) => ({ ...at(time), timerStartedEventAttributes: {} });
const accepted = (time: number) => ({ ...at(time), workflowExecutionUpdateAcceptedEventAttributes: {} });
const marker = (time: number) => ({ ...at(time), markerRecordedEventAttributes: {} });
const task = (started: number, completed: number) => [
  { ...at(started), workflowTaskScheduledEventAttributes: {} },
  { ...at(started), workflowTaskStartedEventAttributes: {} },
  { ...at(completed), workflowTaskCompletedEventAttributes: {} },
];
const timesOf = (events: NonNullable<Parameters<typeof asExecuted>[0]['events']>): unknown[] =>
  (asExecuted({ events }).events ?? [])
    .filter(({ workflowTaskStartedEventAttributes: started }) => started)
    .map(({ eventTime }) => eventTime?.nanos);

test.each<[string, Parameters<typeof timesOf>[0], number[]]>([
  ['an empty task for a query', [signal(1), ...task(1, 2), ...task(2, 3), signal(9), ...task(9, 9)], [1, 1, 9]],
  ['two of them', [signal(1), ...task(1, 2), ...task(2, 3), ...task(3, 4), timer(4)], [1, 1, 1]],
  ['one at the end', [signal(1), ...task(1, 2), ...task(2, 3)], [1, 1]],
  ['a task with a command between', [signal(1), ...task(1, 2), timer(2), ...task(3, 3), timer(3)], [1, 3]],
  ['an update that comes later', [signal(1), ...task(1, 2), ...task(8, 9), accepted(9)], [1, 8]],
  ['a query before an update', [signal(1), ...task(1, 2), ...task(2, 3), ...task(8, 9), accepted(9)], [1, 1, 8]],
  ['a local activity that took long', [signal(1), ...task(1, 9), ...task(9, 12), marker(12)], [1, 9]],
])('%s', (_, events, times) => {
  expect(timesOf(events)).toEqual(times);
});
