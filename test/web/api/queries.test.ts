import postgres from 'postgres'
import { expect, test } from 'vitest'
import { drizzle } from '../../../src/db/drizzle.ts'
import { createStore } from '../../../src/db/store.ts'
import { createAuthenticator } from '../../../src/warmup/authenticate-and-update-token.ts'
import { keepMail } from '../../support/kept-mail.ts'
import { openApi } from './caller.ts'

test('a token costs three queries, and a page of accounts as many for one account as for many', async () => {
  await using api = await openApi()
  const { config, runtime } = api.world
  const asked: string[] = []
  const client = postgres(config.DATABASE_URL, { max: 1, debug: (_, query) => asked.push(query) })
  runtime.warmup.store = createStore(drizzle(client), runtime.sealer)
  runtime.warmup.authenticateAndUpdateToken = createAuthenticator(runtime.warmup)
  const queriesOf = async (path: string) => {
    asked.length = 0
    await api.call('GET', path)
    // The driver asks for the types of arrays once, by itself.
    return asked.filter((query) => !query.includes('pg_catalog')).length
  }
  try {
    const { id } = await api.world.connect('anna@sandbox.test')
    await api.call('GET', '/v1/me')
    expect(await queriesOf(`/v1/accounts/${id}/token`)).toBe(3)
    expect(await queriesOf('/v1/accounts/anna@sandbox.test/token')).toBe(4)
    expect(await queriesOf('/v1/accounts')).toBe(3)
    for (const name of ['ben', 'cara', 'dora']) await api.world.connect(`${name}@sandbox.test`)
    expect(await queriesOf('/v1/accounts')).toBe(3)
    expect(await queriesOf(`/v1/accounts/${id}`)).toBe(3)
    await keepMail(runtime.db, id, [{}, {}, {}])
    expect(await queriesOf(`/v1/accounts/${id}/messages`)).toBe(3)
    expect(await queriesOf(`/v1/accounts/${id}/messages?q=mail`)).toBe(4)
    expect(await queriesOf(`/v1/accounts/${id}/messages/1`)).toBe(3)
  } finally {
    await client.end()
  }
})
