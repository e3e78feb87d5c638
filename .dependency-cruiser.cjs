/** The rule of the layout: domain ← adapters ← use cases and web ← runtime ← entry points. */
const ADAPTERS = '^src/(db|queue|google|dns|notices|texts|mail-rules|embedded|metrics|traces)/'
const ENTRIES = '^(workers|scripts)/'
/** The wiring: files directly in src. */
const WIRING = '^src/[^/]+[.]ts$'
const SHARED = '^src/(logger|config)[.]ts$'

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'one way in, no back and forth',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid(
      'domain-is-pure',
      'domain imports nothing outside itself but the language’s own coming calendar',
      { path: '^src/domain/' },
      { pathNot: ['^src/domain/', 'node_modules/temporal-polyfill/'] },
    ),
    forbid(
      'adapters-know-only-domain',
      'an adapter imports domain, its own room and packages',
      { path: ADAPTERS },
      {
        path: '^(src|workers|scripts|test)/',
        pathNot: ['^src/domain/', '^src/$1/', '^src/logger[.]ts$'],
      },
    ),
    forbid(
      'use-cases-receive-adapters',
      'use cases and web know adapters by their types; what they need is given to them',
      { path: '^src/(warmup|web)/' },
      {
        path: [ADAPTERS, '^src/(runtime|start-checks|start-workers|process|web-server|worker-process)[.]ts$'],
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'use-cases-know-no-web',
      'the web calls use cases, never the reverse',
      { path: '^src/warmup/' },
      { path: '^src/(web|sandbox)/' },
    ),
    forbid(
      'sandbox-stands-apart',
      'the simulated Google knows nothing of us, and only an entry point starts it',
      { path: '^src/sandbox/' },
      { path: '^(src|workers|scripts|test)/', pathNot: '^src/sandbox/' },
    ),
    forbid(
      'nobody-knows-google-is-simulated',
      'only URLs and the speed of time differ; a rehearsal and the chaos set both up',
      { path: '^(src|workers)/', pathNot: '^src/(sandbox|rehearsal|chaos)/' },
      { path: '^src/sandbox/' },
    ),
    forbid(
      'only-wiring-builds',
      'the wiring is imported by entry points, tests, rehearsals, benchmarks, the chaos and itself',
      { path: '^src/', pathNot: [WIRING, '^src/(rehearsal|bench|chaos)/'] },
      { path: WIRING, pathNot: SHARED },
    ),
    forbid(
      'nothing-needs-a-rehearsal',
      'a rehearsal or a benchmark runs the product, which knows of neither',
      { path: '^(src|workers)/', pathNot: '^src/(rehearsal|bench|chaos)/' },
      { path: '^src/(rehearsal|bench)/' },
    ),
    forbid(
      'nothing-needs-the-chaos',
      'it is done to the product, which does not know of it',
      { path: '^(src|workers)/', pathNot: '^src/chaos/' },
      { path: '^src/chaos/' },
    ),
    forbid('entries-are-not-imported', 'nobody imports an entry point', {}, { path: ENTRIES }),
    forbid(
      'tests-are-not-imported',
      'the product does not know its tests',
      { path: '^(src|workers|scripts)/' },
      { path: '^test/' },
    ),
    forbid('all-resolved', 'an import that leads nowhere hides a rule', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
