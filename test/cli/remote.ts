/** The command line as CI has it: a process, a server, a token, and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, connect as open, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { projectDir } from '../../src/config.ts';
import type { Role } from '../helpers/access.ts';
import type { Api } from '../helpers/api.ts';

/** What a process has written, and how it ended. */
export type Ended = { code: number | NodeJS.Signals | null; stdout: string; stderr: string };

/** A process that may still run. */
export type Running = {
  child: ChildProcess;
  /** Resolves once standard error has it. */
  notes(pattern: RegExp): Promise<void>;
  ended: Promise<Ended>;
};

export type RunOptions = { input?: string | Buffer; env?: Record<string, string> };

/** `bulkhead` with a token of its own for one server. */
export type Cli = {
  token: string;
  env: Record<string, string>;
  start(args: string[], options?: RunOptions): Running;
  run(args: string[], options?: RunOptions): Promise<Ended>;
  /** Runs what has to succeed; resolves to standard output. */
  out(args: string[], options?: RunOptions): Promise<string>;
  /** The same, as the object that it is. */
  // biome-ignore lint/suspicious/noExplicitAny: its form is that of the verb
  json(args: string[], options?: RunOptions): Promise<any>;
  /** Runs what has to be refused, with this exit code and these words on standard error. */
  refused(args: string[], code: number, says: RegExp, options?: RunOptions): Promise<Ended>;
};

/** The command line for a token with one role in these suites. */
export async function makeCli(
  t: ExecutionContext,
  api: Api,
  role: Role,
  suites: string[],
  url = api.url,
): Promise<Cli> {
  const { token } = await api.token(role, suites);
  const env = { BULKHEAD_URL: url, BULKHEAD_TOKEN: token };
  const start = (args: string[], options: RunOptions = {}) =>
    startProcess(t, [process.execPath, join(projectDir, 'bin/bulkhead.js'), ...args], {
      ...options,
      env: { ...env, ...options.env },
    });
  const run = (args: string[], options?: RunOptions) => start(args, options).ended;
  async function out(args: string[], options?: RunOptions) {
    const { code, stdout, stderr } = await run(args, options);
    t.is(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  }
  return {
    token,
    env,
    start,
    run,
    out,
    json: async (args, options) => JSON.parse(await out([...args, '--json'], options)),
    async refused(args, code, says, options) {
      const ended = await run(args, options);
      t.is(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
      t.regex(ended.stderr, says);
      t.false(ended.stderr.includes(token), 'the token is shown');
      return ended;
    },
  };
}

/** Starts a program; it is killed with the test if it has not ended. */
export function startProcess(
  t: ExecutionContext,
  [program = '', ...args]: string[],
  { input, env }: RunOptions = {},
): Running {
  const child = spawn(program, args, {
    cwd: projectDir,
    env: { PATH: process.env.PATH, ...env },
    stdio: 'pipe',
  });
  let [stdout, stderr] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  // a process that has refused its input does not read it
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const notes = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(stderr) && resolve();
      listeners.add(look);
      look();
      ended.then(({ code }) => reject(new Error(`ended (${code}) without ${pattern}: ${stderr}`)));
    });
  return { child, notes, ended };
}

/** A wire to a server that `onData` may cut; resolves to the address of its other end. */
export async function makeWire(
  t: ExecutionContext,
  url: string,
  onData: (piece: Buffer, wire: { client: Socket; server: Socket }) => void,
): Promise<string> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = open(Number(new URL(url).port), '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
    client.pipe(server);
    server.on('data', (piece) => {
      onData(piece, { client, server });
      if (!client.destroyed) client.write(piece);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return `http://127.0.0.1:${(listener.address() as { port: number }).port}`;
}
