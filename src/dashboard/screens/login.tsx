/** The screen of a browser without a session. */
import type { JSX } from 'preact';
import { loginProblem } from '../state/session';

/** How to get in. */
export function LoginScreen(): JSX.Element {
  return (
    <>
      <h1>Log in</h1>
      {loginProblem.value !== '' && <p role="alert">{loginProblem.value}</p>}
      <p>
        Run <code>drover dashboard</code> in the directory of <code>drover up</code>, or with{' '}
        <code>DROVER_GATEWAY_URL</code> and <code>DROVER_OPERATOR_TOKENS</code> set, and open the link that it prints. A
        link works once, for five minutes.
      </p>
    </>
  );
}
