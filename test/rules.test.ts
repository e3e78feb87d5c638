import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'kindling-rules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One file for each clause of the rule, breaking it; and one that keeps all of them. */
const PLANTED: [rule: string, file: string, source: string][] = [
  ['no-cycles', 'src/web/a.ts', "import { b } from './b.ts'\nexport const a = () => b"],
  ['domain-is-pure', 'src/domain/effect.ts', "import { readFileSync } from 'node:fs'\nreadFileSync"],
  ['domain-is-pure', 'src/domain/room.ts', "import type { Db } from '../db/ok.ts'\nexport type X = Db"],
  [
    'adapters-know-only-domain',
    'src/google/other.ts',
    "import type { Db } from '../db/ok.ts'\nexport type X = Db",
  ],
  ['use-cases-receive-adapters', 'src/warmup/value.ts', "import { db } from '../db/ok.ts'\ndb"],
  ['use-cases-receive-adapters', 'src/web/wiring.ts', "import { build } from '../runtime.ts'\nbuild"],
  [
    'use-cases-know-no-web',
    'src/warmup/web.ts',
    "import type { A } from '../web/types.ts'\nexport type X = A",
  ],
  [
    'sandbox-stands-apart',
    'src/sandbox/own.ts',
    "import type { D } from '../domain/ok.ts'\nexport type X = D",
  ],
  ['nobody-knows-google-is-simulated', 'src/runtime.ts', "import './sandbox/ok.ts'\nexport const build = 1"],
  ['only-wiring-builds', 'src/queue/builds.ts', "import { build } from '../runtime.ts'\nbuild"],
  ['nothing-needs-a-rehearsal', 'src/web/rehearsal.ts', "import '../rehearsal/ok.ts'"],
  ['nothing-needs-a-rehearsal', 'src/warmup/bench.ts', "import '../bench/ok.ts'"],
  ['nothing-needs-the-chaos', 'src/warmup/chaos.ts', "import '../chaos/ok.ts'"],
  ['entries-are-not-imported', 'src/web/entry.ts', "import '../../scripts/start.ts'"],
  ['tests-are-not-imported', 'src/web/test.ts', "import '../../test/ok.ts'"],
  ['all-resolved', 'src/web/nowhere.ts', "import './no-such-file.ts'"],
]
/** A cycle is reported at one of its files. */
const ACCOMPLICE = ['src/web/b.ts', "import { a } from './a.ts'\nexport const b = () => a"] as const
const LAWFUL: [file: string, source: string][] = [
  ['src/domain/ok.ts', 'export type D = 1\nexport const d = 1'],
  ['src/db/ok.ts', "import { d } from '../domain/ok.ts'\nexport type Db = 1\nexport const db = d"],
  [
    'src/warmup/ok.ts',
    "import type { Db } from '../db/ok.ts'\nimport { d } from '../domain/ok.ts'\nexport const use = (db: Db) => [db, d]",
  ],
  ['src/web/types.ts', "import { use } from '../warmup/ok.ts'\nexport type A = typeof use"],
  ['src/sandbox/ok.ts', 'export const sandbox = 1'],
  [
    'src/rehearsal/ok.ts',
    "import { build } from '../runtime.ts'\nimport { sandbox } from '../sandbox/ok.ts'\nbuild\nsandbox",
  ],
  ['src/bench/ok.ts', "import { build } from '../runtime.ts'\nbuild"],
  [
    'src/chaos/ok.ts',
    "import { build } from '../runtime.ts'\nimport { sandbox } from '../sandbox/ok.ts'\nbuild\nsandbox",
  ],
  [
    'scripts/start.ts',
    "import { build } from '../src/runtime.ts'\nimport { sandbox } from '../src/sandbox/ok.ts'\nbuild\nsandbox",
  ],
  ['test/ok.ts', "import { build } from '../src/runtime.ts'\nbuild"],
]

test('each clause of the dependency rule catches what breaks it, and nothing that keeps it', async () => {
  for (const [file, source] of [
    ACCOMPLICE,
    ...LAWFUL,
    ...PLANTED.map(([, file, source]) => [file, source] as const),
  ]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), source)
  }
  mkdirSync(join(folder, 'workers'))
  for (const shared of ['tsconfig.json', 'node_modules']) symlinkSync(resolve(shared), join(folder, shared))

  const arguments_ = [
    '--config',
    resolve('.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    'src',
    'workers',
    'scripts',
    'test',
  ]
  const output = await promisify(execFile)('depcruise', arguments_, { cwd: folder, maxBuffer: 1e8 }).catch(
    (error: { stdout: string }) => error,
  )
  const { violations } = JSON.parse(output.stdout).summary as {
    violations: { from: string; rule: { name: string } }[]
  }
  const found = new Set(violations.map(({ from, rule }) => `${rule.name} ${from}`))
  for (const [rule, file] of PLANTED) expect([...found]).toContain(`${rule} ${file}`)
  const lawful = new Set(LAWFUL.map(([file]) => file))
  expect([...found].filter((violation) => lawful.has(violation.split(' ')[1] ?? ''))).toEqual([])
})
