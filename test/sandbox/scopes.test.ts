import { expect, test } from 'vitest'
import { METHODS } from '../../src/sandbox/gmail/methods.ts'
import { authorizationUrl, connect, exchange, readForm, submit } from './consent.ts'
import { gmailOf } from './gmail.ts'
import { ANNA, GMAIL, openWorld } from './world.ts'

const AUTH = 'https://www.googleapis.com/auth/'

test.each([
  ['calendar', 'share, and permanently delete all the calendars'],
  ['calendar.readonly', 'See and download any calendar'],
  ['calendar.events', 'View and edit events on all your calendars'],
  ['calendar.events.readonly', 'View events on all your calendars'],
  ['tasks', 'Create, edit, organize, and delete all your tasks'],
  ['tasks.readonly', 'View your tasks'],
  ['drive', 'See, edit, create, and delete all of your Google Drive files'],
  ['drive.readonly', 'See and download all your Google Drive files'],
  ['drive.file', 'only the specific Google Drive files you use with this app'],
  ['drive.metadata.readonly', 'See information about your Google Drive files'],
  ['contacts', 'See, edit, download, and permanently delete your contacts'],
  ['contacts.readonly', 'See and download your contacts'],
  ['spreadsheets', 'See, edit, create, and delete all your Google Sheets spreadsheets'],
  ['spreadsheets.readonly', 'See all your Google Sheets spreadsheets'],
  ['documents', 'See, edit, create, and delete all your Google Docs documents'],
  ['documents.readonly', 'See all your Google Docs documents'],
])('the scope %s is asked for in the words of Google', async (name, words) => {
  await using world = await openWorld()
  const page = await fetch(authorizationUrl(world, { scope: `openid ${AUTH}${name}` }))
  expect(await page.clone().text()).toContain(words)
  expect((await readForm(page)).fields.getAll('granted')).toEqual([AUTH + name])
  expect((await connect(world, ANNA, { scope: AUTH + name })).scope).toBe(AUTH + name)
})

test('each scope has a checkbox of its own', async () => {
  await using world = await openWorld()
  const scope = `${GMAIL}modify ${AUTH}calendar.events ${AUTH}tasks`
  const { action, fields } = await readForm(await fetch(authorizationUrl(world, { scope })))
  expect(fields.getAll('granted').join(' ')).toBe(scope)
  fields.delete('granted', `${AUTH}calendar.events`)
  fields.set('decision', 'continue')
  const back = new URL((await submit(action, fields)).headers.get('location') ?? '')
  const answer = await exchange(world, back.searchParams.get('code') ?? '')
  expect(await answer.json()).toMatchObject({ scope: `${GMAIL}modify ${AUTH}tasks` })
})

test('a scope of another service opens no mailbox', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA, `${AUTH}calendar ${AUTH}drive`)
  expect((await anna('GET profile')).status).toBe(403)
})

test('https://mail.google.com/ covers every method of Gmail', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA, 'https://mail.google.com/')
  for (const { route } of METHODS) {
    const path = route.replaceAll(/\{\w+\}/g, '18f0000000000000')
    expect((await anna(path, route.startsWith('GET') ? undefined : {})).status, route).not.toBe(403)
  }
})
