/** The leases of a gateway: built over its client, and ticking while it runs. */
import type { FastifyInstance } from 'fastify';
import type { DroverClient } from '../../client';
import { messageOf } from '../../contract/text';
import { monotonicMs } from '../../lib/clock';
import { followAgents, type Follower } from './follow';
import { keepTicking } from './keep';
import { Vouching } from './vouching';

/** Keeps what the gateway remembers of agents current by the feed, from the time it is ready until it closes. */
export function followFeed(app: FastifyInstance, client: DroverClient, beats: Follower): void {
  const closing = new AbortController();
  const follower: Follower = {
    followed: () => {
      beats.followed();
    },
    changed: (ref) => {
      beats.changed(ref);
    },
    unfollowed: (error) => {
      app.log.warn(
        { why: messageOf(error) },
        'the feed has ended: agents are looked at one by one until it begins again',
      );
      beats.unfollowed(error);
    },
  };
  let following: Promise<void> = Promise.resolve();
  app.addHook('onReady', (done) => {
    following = followAgents((signal) => client.feed.observe({ signal }), follower, closing.signal);
    done();
  });
  app.addHook('onClose', async () => {
    closing.abort();
    await following;
  });
}

/** Vouches for agents from the time the gateway is ready until it closes. `deaf` is called when something could not be passed on. */
export function vouchFor(app: FastifyInstance, client: DroverClient, deaf: () => void): Vouching {
  const target = {
    begin: client.leases.begin.bind(client.leases),
    renew: client.leases.renew.bind(client.leases),
    silent: client.agents.silent.bind(client.agents),
  };
  const news = {
    deaf: (error: unknown) => {
      app.log.debug({ why: messageOf(error) }, 'the leases could not be renewed');
      deaf();
    },
    warn: (message: string) => {
      app.log.warn(message);
    },
  };
  const vouching = new Vouching(target, news, monotonicMs());
  let stop = (): void => undefined;
  app.addHook('onReady', (done) => {
    stop = keepTicking(vouching, news.deaf);
    done();
  });
  app.addHook('onClose', (_app, done) => {
    stop();
    done();
  });
  return vouching;
}
