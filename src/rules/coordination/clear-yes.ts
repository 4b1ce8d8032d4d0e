/** Asks a person until the answer is a clear yes or no. */
import type { Effects, Question } from './effects';
import { readVerdict } from './fan-out/verdict';

/** After this many unclear answers it counts as no. */
const MOST_QUESTIONS = 10;

/** `yes`, `no`, or why no answer came. Throws `Stopped`. */
export async function clearYes(
  effects: Pick<Effects, 'ask'>,
  question: Omit<Question, 'timeoutMs' | 'question'> & { readonly question: string },
): Promise<'yes' | 'no' | { readonly error: string }> {
  let text = question.question;
  for (let asked = 0; asked < MOST_QUESTIONS; asked += 1) {
    const answer = await effects.ask({ ...question, question: text, timeoutMs: null });
    if (answer === 'timed_out') return { error: 'no answer in time' };
    if ('error' in answer) return answer;
    const verdict = readVerdict(answer.value);
    if (verdict !== 'unclear') return verdict;
    text = `The last answer was neither yes nor no. ${question.question}`;
  }
  return 'no';
}
