import { z } from 'zod'
import { type Kind, type Members, PROBLEMS } from './problem-kinds.ts'

export type ProblemCode = keyof typeof PROBLEMS
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[]
type MembersOf<C extends ProblemCode> = z.input<z.ZodObject<(typeof PROBLEMS)[C]['members']>>

/** An answer that is a problem document (RFC 9457); `detail` tells the caller about this occurrence. */
export class ApiProblem<C extends ProblemCode = ProblemCode> extends Error {
  readonly code: C
  readonly members: Members

  constructor(code: C, detail: string, members: MembersOf<C>) {
    super(detail)
    this.name = 'ApiProblem'
    this.code = code
    this.members = members
  }

  get status(): number {
    return PROBLEMS[this.code].status
  }

  get document() {
    return {
      type: problemType(this.code),
      title: PROBLEMS[this.code].title,
      status: this.status,
      detail: this.message,
      ...this.members,
    }
  }

  get headers(): Record<string, string> {
    const { headers = {} }: Kind = PROBLEMS[this.code]
    return Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value(this.members)]))
  }
}

/** A relative reference: the page that explains it is where the API is. */
function problemType(code: ProblemCode): string {
  return `/docs#${code}`
}

/** The shape of each problem's document. */
export const PROBLEM_SHAPES = Object.fromEntries(
  PROBLEM_CODES.map((code) => {
    const { status, title, means, members }: Kind = PROBLEMS[code]
    const shape = z.object({
      type: z.literal(problemType(code)),
      title: z.literal(title),
      status: z.literal(status),
      detail: z.string().meta({ description: 'This occurrence, in words.' }),
      ...members,
    })
    return [code, shape.meta({ id: `${pascal(code)}Problem`, description: means })]
  }),
) as unknown as Record<ProblemCode, z.ZodObject>

function pascal(code: string): string {
  return code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
