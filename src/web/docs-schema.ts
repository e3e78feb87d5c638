/** What the page reads of a JSON schema. */
export type Schema = {
  $ref?: string
  type?: string | string[]
  format?: string
  const?: unknown
  enum?: unknown[]
  default?: unknown
  examples?: unknown[]
  description?: string
  minimum?: number
  maximum?: number
  items?: Schema
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
}
export type Shapes = Record<string, Schema>

export type FieldView = {
  name: string
  /** In words; `link` is the shape that they name. */
  type: string
  link: string | null
  isRequired: boolean
  description: string
  default: string | null
}

export function fieldViews({ properties = {}, required = [] }: Schema): FieldView[] {
  return Object.entries(properties).map(([name, schema]) => fieldView(name, schema, required.includes(name)))
}

export function fieldView(name: string, schema: Schema, isRequired: boolean): FieldView {
  return {
    name,
    type: typeWords(schema),
    link: shapeLink(schema),
    isRequired,
    description: schema.description ?? '',
    default: schema.default === undefined ? null : JSON.stringify(schema.default),
  }
}

export function shapeName({ $ref }: Schema): string | null {
  return $ref ? $ref.slice($ref.lastIndexOf('/') + 1) : null
}

export function shapeAnchor(name: string): string {
  return `shape-${name}`
}

function shapeLink(schema: Schema): string | null {
  const inner = schema.anyOf?.find(({ $ref }) => $ref) ?? schema.items ?? schema
  const name = shapeName(inner)
  return name && `#${shapeAnchor(name)}`
}

function typeWords(schema: Schema): string {
  const { anyOf, items, format, minimum, maximum } = schema
  if (schema.$ref) return shapeName(schema) ?? ''
  if (anyOf) return anyOf.map(typeWords).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.join(', ')
  const [type, other] = [schema.type ?? 'object'].flat()
  if (other) return `${typeWords({ ...schema, type: type as string })} or ${other}`
  if (type === 'array') return `list of ${items ? typeWords(items) : 'anything'}`
  if (format === 'date-time') return 'time'
  if (type === 'integer' || type === 'number') return NUMBERS[type] + rangeWords(minimum, maximum)
  return (
    { string: format === 'uri' ? 'URL' : 'text', boolean: 'true or false' }[type as string] ??
    (type as string)
  )
}

const NUMBERS = { integer: 'whole number', number: 'number' }

function rangeWords(minimum?: number, maximum?: number): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`
  return minimum === undefined ? '' : `, from ${minimum}`
}

/** A value as the schema would have it; of an object all fields, or only what must be sent where something must. */
export function exampleOf(schema: Schema, shapes: Shapes, whole = true): unknown {
  const name = shapeName(schema)
  if (name) return exampleOf(shapes[name] ?? {}, shapes, whole)
  const { examples, default: standard, anyOf, items, properties, required = [] } = schema
  const first = examples?.[0] ?? standard ?? schema.const ?? schema.enum?.[0]
  if (first !== undefined || examples) return first ?? null
  if (anyOf?.[0]) return exampleOf(anyOf[0], shapes, whole)
  if (items) return [exampleOf(items, shapes, whole)]
  const fields = Object.entries(properties ?? {}).filter(
    ([field]) => whole || required.length === 0 || required.includes(field),
  )
  return Object.fromEntries(fields.map(([field, inner]) => [field, exampleOf(inner, shapes, whole)]))
}
