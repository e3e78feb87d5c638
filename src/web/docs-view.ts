import {
  exampleOf,
  fieldView,
  fieldViews,
  type Schema,
  type Shapes,
  shapeAnchor,
  shapeName,
} from './docs-schema.ts'

/** What the page reads of the OpenAPI document. */
type Media = Record<string, { schema: Schema }>
type Described = {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security: Record<string, string[]>[]
  parameters?: { in: string; name: string; required?: boolean; schema: Schema }[]
  requestBody?: { required?: boolean; content: Media }
  responses: Record<string, { description: string; content?: Media }>
}
type ApiDescription = {
  info: { description?: string }
  servers: { url: string }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, Described>>
  components: { schemas: Shapes }
}

const METHODS = ['get', 'put', 'post', 'delete']
const PROBLEM_TYPE = /^\/docs#(\w+)$/

/** The page about the API, made of nothing but its description. */
export function docsView(document: object, baseUrl: string) {
  const { info, servers, tags, paths, components } = document as ApiDescription
  const shapes = components.schemas
  const prefix = servers[0]?.url ?? ''
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) =>
      item[method] ? [operationView(item[method], { method, path: prefix + path, baseUrl, shapes })] : [],
    ),
  )
  return {
    intro: info.description ?? '',
    documentHref: `${prefix}/openapi.json`,
    groups: tags.map(({ name }) => ({ name, operations: operations.filter(({ group }) => group === name) })),
    shapes: Object.entries(shapes)
      .filter(([, schema]) => !problemCode(schema))
      .map(([name, schema]) => ({
        name,
        anchor: shapeAnchor(name),
        description: schema.description ?? '',
        fields: fieldViews(schema),
      })),
    problems: Object.values(shapes)
      .filter((schema) => problemCode(schema))
      .map(problemView)
      .sort((a, b) => a.status - b.status),
  }
}

type Place = { method: string; path: string; baseUrl: string; shapes: Shapes }

function operationView(operation: Described, place: Place) {
  const { operationId, tags, summary, description, security, parameters = [], requestBody } = operation
  const body = requestBody && resolved(schemaOf(requestBody.content), place.shapes)
  return {
    anchor: operationId,
    group: tags[0] ?? '',
    method: place.method.toUpperCase(),
    path: place.path,
    summary,
    description,
    scope: security.flatMap((needed) => Object.values(needed).flat()).join(', ') || null,
    parameters: parameters.map(({ in: where, name, required = false, schema }) => ({
      ...fieldView(name, schema, required),
      where,
    })),
    body: body ? { isRequired: requestBody?.required === true, fields: fieldViews(body) } : null,
    answers: answersOf(operation, place.shapes),
    problems: problemsOf(operation, place.shapes),
    curl: curlOf(operation, place),
  }
}

function answersOf({ responses }: Described, shapes: Shapes) {
  return Object.entries(responses)
    .filter(([status]) => Number(status) < 400)
    .map(([status, { description, content }]) => {
      const schema = content && schemaOf(content)
      const name = schema ? shapeName(schema) : null
      return {
        status,
        description,
        shape: name && { name, href: `#${shapeAnchor(name)}` },
        example: schema && name ? JSON.stringify(exampleOf(schema, shapes), null, 2) : null,
      }
    })
}

function problemsOf({ responses }: Described, shapes: Shapes) {
  return Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, { content = {} }]) => {
      const schema = schemaOf(content)
      return (schema.anyOf ?? [schema]).map((member) => ({
        status,
        code: problemCode(resolved(member, shapes)) ?? '',
      }))
    })
}

function problemView(schema: Schema) {
  const { type: _type, title, status, detail: _detail, ...members } = schema.properties ?? {}
  return {
    code: problemCode(schema) ?? '',
    title: String(title?.const),
    status: Number(status?.const),
    means: schema.description ?? '',
    fields: fieldViews({ ...schema, properties: members }),
  }
}

function problemCode({ properties }: Schema): string | null {
  const type = properties?.type?.const
  return typeof type === 'string' ? (type.match(PROBLEM_TYPE)?.[1] ?? null) : null
}

function curlOf(
  { parameters = [], requestBody }: Described,
  { method, path, baseUrl, shapes }: Place,
): string {
  const sent = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((url, { name, schema }) => url.replace(`{${name}}`, String(exampleOf(schema, shapes))), path)
  const body = requestBody && exampleOf(schemaOf(requestBody.content), shapes, false)
  const implied = body ? 'post' : 'get'
  return [
    `curl ${method === implied ? '' : `--request ${method.toUpperCase()} `}'${baseUrl}${sent}'`,
    `--header "Authorization: Bearer $KINDLING_KEY"`,
    ...(body ? [`--json '${JSON.stringify(body)}'`] : []),
  ].join(' \\\n  ')
}

function schemaOf(content: Media): Schema {
  return Object.values(content)[0]?.schema ?? {}
}

function resolved(schema: Schema, shapes: Shapes): Schema {
  const name = shapeName(schema)
  return name ? (shapes[name] ?? {}) : schema
}
