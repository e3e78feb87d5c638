import { writeFileSync } from 'node:fs'
import { handedMailSchema } from '../src/notices/handed-mail-schema.ts'

/** Writes the schema of what is handed on anew, after it has changed in the code; `npm run format` puts it into shape. */
writeFileSync('docs/handed-mail.schema.json', `${JSON.stringify(handedMailSchema(), null, 2)}\n`)
