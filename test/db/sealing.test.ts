import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSealer, SealError } from '../../src/db/sealing.ts'

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]

describe('a sealed secret', () => {
  test('opens to what it was, for any text', () => {
    const sealer = createSealer([newKey])
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => sealer.open(sealer.seal(text, 'c'), 'c') === text),
    )
  })

  test('shows nothing of its text and differs each time', () => {
    const sealer = createSealer([newKey])
    expect(sealer.seal('ya29.secret', 'c')).not.toBe(sealer.seal('ya29.secret', 'c'))
    expect(sealer.seal('ya29.secret', 'c')).not.toContain('secret')
  })

  test('does not open in another row', () => {
    const sealer = createSealer([newKey])
    expect(() => sealer.open(sealer.seal('t', 'account:1'), 'account:2')).toThrow(SealError)
  })

  test('opens with an older key of the ring, and not without it', () => {
    const sealed = createSealer([oldKey]).seal('t', 'c')
    expect(createSealer([newKey, oldKey]).open(sealed, 'c')).toBe('t')
    expect(() => createSealer([newKey]).open(sealed, 'c')).toThrow(/not among TOKEN_ENCRYPTION_KEYS/)
  })

  test('that was tampered with, or is clear text, is refused', () => {
    const sealer = createSealer([newKey])
    const sealed = sealer.seal('{"access_token":"x"}', 'c')
    const [keyId, iv, body = ''] = sealed.split('.')
    const flipped = `${keyId}.${iv}.${body.startsWith('A') ? 'B' : 'A'}${body.slice(1)}`
    for (const bad of [flipped, '{"access_token":"x"}', '', 'a.b', `${sealed}.x`, sealed.slice(0, 30)])
      expect(() => sealer.open(bad, 'c')).toThrow(SealError)
  })
})
