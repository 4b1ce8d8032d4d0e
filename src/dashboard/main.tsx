/** The dashboard: a client of the gateway's HTTP interface like any other. */
import { render } from 'preact';
import { App } from './app';
import { login } from './state/session';
import { startWatching } from './state/live';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no element "app"');
render(<App />, root);
await login();
startWatching();
