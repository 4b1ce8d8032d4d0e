/** The frame of every screen: the badge, the navigation, the state of the connection. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ageText } from './state/age';
import { clockAheadMs, isConnected, session } from './state/api';
import { needs } from './state/badge';
import { route } from './state/route';
import { logout } from './state/session';
import { AgentScreen } from './screens/agent';
import { FleetScreen } from './screens/fleet';
import { FleetsScreen } from './screens/fleets';
import { InboxScreen } from './screens/inbox';
import { LoginScreen } from './screens/login';
import { NowScreen } from './screens/now';
import { PoolsScreen } from './screens/pools';
import { RunScreen } from './screens/run';
import { RunsScreen } from './screens/runs';

const NAVIGATION = [
  ['', 'Now'],
  ['fleets', 'Fleets'],
  ['runs', 'Runs'],
  ['inbox', 'Inbox'],
  ['pools', 'Credentials'],
] as const;

/** The whole page. */
export function App(): JSX.Element {
  const isIn = session.value !== null;
  const count = needs.value.length;
  document.title = isIn && count > 0 ? `(${String(count)}) Drover` : 'Drover';
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header>
        <a class="brand" href="#/">
          Drover
        </a>
        {isIn && <Navigation />}
        {isIn && (
          <span class="who">
            {session.value?.name} ({session.value?.role}) <button onClick={() => void logout()}>Log out</button>
          </span>
        )}
      </header>
      {isIn && !isConnected.value && (
        <p class="banner" role="alert">
          The connection to the gateway is lost. What you see may be old; buttons are off until it is back.
        </p>
      )}
      {isIn && clockAheadMs.value !== 0 && <WrongClock aheadMs={clockAheadMs.value} />}
      <main id="main" tabIndex={-1}>
        {isIn ? <Screen /> : <LoginScreen />}
      </main>
    </>
  );
}

/** The link that was followed is gone with its screen: the next Tab goes on in the new one, which begins at its top. */
function useFocusOnMove(path: string): void {
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) {
      document.getElementById('main')?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [path]);
}

function WrongClock({ aheadMs }: { readonly aheadMs: number }): JSX.Element {
  const size = ageText(new Date(0).toISOString(), Math.abs(aheadMs));
  return (
    <p class="banner" role="status">
      The clock of this computer is {size} {aheadMs > 0 ? 'behind' : 'ahead of'} the gateway's. Ages are by the
      gateway's clock.
    </p>
  );
}

function Navigation(): JSX.Element {
  const count = needs.value.length;
  const [here = ''] = route.value.path;
  return (
    <nav aria-label="Screens">
      {NAVIGATION.map(([path, name]) => (
        <a key={path} href={`#/${path}`} {...(here === path ? { 'aria-current': 'page' as const } : {})}>
          {name}
          {path === '' && count > 0 && (
            <span class="badge" aria-label={`${String(count)} need a person`}>
              {count}
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

function Screen(): ComponentChildren {
  const [screen = '', first, second] = route.value.path;
  useFocusOnMove(route.value.path.join('/'));
  if (screen === '') return <NowScreen />;
  if (screen === 'fleets') return first === undefined ? <FleetsScreen /> : <FleetScreen key={first} fleet={first} />;
  if (screen === 'agents' && first !== undefined && second !== undefined)
    return <AgentScreen key={`${first}/${second}`} fleet={first} agent={second} />;
  if (screen === 'runs')
    return first === undefined || second === undefined ? (
      <RunsScreen />
    ) : (
      <RunScreen key={`${first}/${second}`} fleet={first} run={second} />
    );
  if (screen === 'inbox') return <InboxScreen />;
  if (screen === 'pools') return <PoolsScreen />;
  return (
    <>
      <h1>No such screen</h1>
      <p>
        Nothing is at this address. <a href="#/">Go to Now</a>.
      </p>
    </>
  );
}
