/** The scripted human: one open question at a time, in the order in which they were asked. */
import type { Script } from '../../contract/runs';
import type { Answer, Question } from '../coordination/effects';
import { scripted, scriptExhausted } from '../script';
import type { VirtualTime } from './virtual-time';

interface Asked {
  readonly deadline: number | null;
  readonly settle: (answer: Answer) => void;
}

export interface Human {
  /** Withdraws the question by what it returns. */
  ask(question: Question, settle: (answer: Answer) => void): () => void;
  /** Questions that nobody has answered yet. */
  open(): number;
}

/** Answers from `script.User`; `onChange` hears whenever the number of open questions has changed. */
export function createHuman(script: Script, time: VirtualTime, onChange: () => void): Human {
  const waiting: Asked[] = [];
  let position = 0;
  let cancelAnswer: (() => void) | null = null;

  const close = (asked: Asked): void => {
    const index = waiting.indexOf(asked);
    if (index < 0) return;
    waiting.splice(index, 1);
    if (index === 0) {
      cancelAnswer?.();
      cancelAnswer = null;
      open();
    }
    onChange();
  };
  const finish = (asked: Asked, answer: Answer): void => {
    close(asked);
    asked.settle(answer);
  };
  const open = (): void => {
    const asked = waiting[0];
    if (!asked) return;
    const answer = scripted(script, 'User', position);
    const left = asked.deadline === null ? Infinity : Math.max(asked.deadline - time.now(), 0);
    if (answer && answer.delayMs <= left) {
      cancelAnswer = time.schedule(answer.delayMs, () => {
        position = answer.next;
        finish(asked, { value: answer.entry['answer'] });
      });
    } else if (asked.deadline === null) {
      cancelAnswer = time.schedule(0, () => {
        finish(asked, { error: scriptExhausted('User') });
      });
    }
  };
  return {
    open: () => waiting.length,
    ask({ timeoutMs }, settle) {
      const asked: Asked = { deadline: timeoutMs === null ? null : time.now() + timeoutMs, settle };
      waiting.push(asked);
      onChange();
      if (waiting.length === 1) open();
      const cancelDeadline =
        timeoutMs === null
          ? () => undefined
          : time.schedule(timeoutMs, () => {
              if (waiting.includes(asked)) finish(asked, 'timed out');
            });
      return () => {
        cancelDeadline();
        close(asked);
      };
    },
  };
}
