/**
 * A container engine for tests: the one that is reachable (`DOCKER_HOST`, or the default socket), else Podman, started for the test
 * with a storage of its own. Images come from busybox, as no registry may be reachable.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { eventually } from './calls';

/** The image of a busybox root, made by `startEngine`. */
export const IMAGE = 'localhost/drover-test-busybox:latest';

export interface TestEngine {
  readonly options: Docker.DockerOptions | undefined;
  readonly docker: Docker;
  stop(): Promise<void>;
}

/** Why this machine has no engine; undefined if it has one. */
export function engineMissing(): string | undefined {
  if (!which('busybox')) return 'no busybox to make an image of';
  if (process.env['DOCKER_HOST'] || existsSync('/var/run/docker.sock') || which('podman')) return undefined;
  return 'no DOCKER_HOST, no /var/run/docker.sock and no podman';
}

/** The engine, with the image. */
export async function startEngine(): Promise<TestEngine> {
  const engine = process.env['DOCKER_HOST'] || existsSync('/var/run/docker.sock') ? existing() : await podman();
  await importImage(engine.docker);
  return engine;
}

function existing(): TestEngine {
  return { options: undefined, docker: new Docker(), stop: async () => undefined };
}

async function podman(): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-podman-'));
  const socketPath = join(folder, 'api.sock');
  const configuration = join(folder, 'containers.conf');
  writeFileSync(
    configuration,
    '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\n[engine]\nruntime="runc"\n',
  );
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
  const environment = { ...process.env, CONTAINERS_CONF: configuration };
  const service = spawn('podman', [...storage, 'system', 'service', '--time=0', `unix://${socketPath}`], {
    env: environment,
    stdio: 'ignore',
  });
  const docker = new Docker({ socketPath });
  await eventually('podman answers', () =>
    docker.ping().then(
      () => true,
      () => undefined,
    ),
  );
  return { options: { socketPath }, docker, stop: () => stopPodman(service, docker, folder, storage) };
}

async function stopPodman(service: ChildProcess, docker: Docker, folder: string, storage: string[]): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true }))
    await docker.getContainer(Id).remove({ force: true });
  const gone = once(service, 'exit');
  service.kill('SIGTERM');
  await gone;
  // The overlay of its storage is a mount. A container's own clean-up, which Podman leaves to a process of its own, may still hold it.
  let said = '';
  const isReset = (): true | undefined => {
    const { status, stderr } = spawnSync('podman', [...storage, 'system', 'reset', '--force'], { encoding: 'utf8' });
    said = stderr;
    return status === 0 ? true : undefined;
  };
  await eventually('podman gives up its storage', async () => isReset()).catch((error: unknown) => {
    throw new Error(`podman does not give up its storage: ${said}`, { cause: error });
  });
  rmSync(folder, { recursive: true, force: true });
}

async function importImage(docker: Docker): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-image-'));
  const root = join(folder, 'root');
  for (const directory of ['bin', 'tmp', 'etc']) mkdirSync(join(root, directory), { recursive: true });
  copyFileSync(which('busybox') ?? '', join(root, 'bin/busybox'));
  const applets = execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  // Without it a statically linked busybox looks for libraries that are not there.
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files\n');
  const archive = join(folder, 'root.tar');
  execFileSync('tar', ['-C', root, '-cf', archive, '.']);
  const [repo, tag] = IMAGE.split(':');
  const progress = await docker.importImage(archive, { repo, tag });
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())),
  );
  rmSync(folder, { recursive: true, force: true });
}

function which(program: string): string | undefined {
  try {
    return execFileSync('which', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
