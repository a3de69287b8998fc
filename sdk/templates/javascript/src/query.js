// The questions clients may ask. A wrong one is told what would be right.

import { refuse } from 'trellis-plugin'
import { parseDate } from './date.js'

/** What a client wants to see when it does not say how many. */
const LIMIT = 50
/** The most outputs of one answer. */
const LIMIT_MOST = 1000
/** Skipped rows are read all the same, and a call's reads are bounded. */
const SKIP_MOST = 10_000
/** Dates are in milliseconds; the index is in microseconds. */
const MILLISECOND = 1000
/** The last moment that 8 bytes hold, as near as a number gets to it. */
const MOMENT_MOST = 2 ** 64 - 2048
/** What a date may be, as a number: 64 bits with a sign. */
const NUMBER_MOST = 2 ** 63

const FORMS = 'a query is {"findAll": true}, {"message": "<exact text>"} or the text "findAll"; an object also takes "limit", ' +
  '"skip", "startDate", "endDate" and "sortOrder"'
const FIELDS = ['message', 'findAll', 'limit', 'skip', 'startDate', 'endDate', 'sortOrder']

/**
 * Understands a query, or says what would be understood.
 * @param {string} json
 * @returns {{ message: string | null, from: number, until: number | null, newestFirst: boolean, skip: number, limit: number }}
 */
export function parseQuery (json) {
  const fields = fieldsOf(json)
  const unknown = Object.keys(fields).sort().find(name => !FIELDS.includes(name))
  if (unknown !== undefined) refuse(`the field ${JSON.stringify(unknown)} means nothing here; ${FORMS}`)

  const { message = null, findAll = null, sortOrder = null } = fields
  if (message !== null && typeof message !== 'string') refuse('"message" is the exact text of the messages wanted')
  // An empty search box asks for everything.
  const wanted = message === '' ? null : message
  if (findAll !== null && findAll !== true && !(findAll === false && wanted !== null)) {
    refuse('"findAll" is true, or left out where "message" says what is wanted')
  }
  if (sortOrder !== null && sortOrder !== 'desc' && sortOrder !== 'asc') {
    refuse('"sortOrder" is "desc" (newest first) or "asc"')
  }
  const until = moment(fields, 'endDate')
  return {
    message: wanted,
    from: Math.min((moment(fields, 'startDate') ?? 0) * MILLISECOND, MOMENT_MOST),
    // The last millisecond belongs to it, down to its last microsecond.
    until: until === null ? null : Math.min((until + 1) * MILLISECOND, MOMENT_MOST),
    newestFirst: sortOrder !== 'asc',
    skip: wholeNumber(fields, 'skip', 0, 0, SKIP_MOST),
    limit: wholeNumber(fields, 'limit', LIMIT, 1, LIMIT_MOST)
  }
}

function fieldsOf (json) {
  let query = null
  try { query = JSON.parse(json) } catch { refuse(FORMS) }
  if (query === 'findAll') return {}
  if (query === null || typeof query !== 'object' || Array.isArray(query)) refuse(FORMS)
  return query
}

/** A moment in milliseconds since 1970; everything before is the same to an index that has nothing from then. */
function moment (fields, name) {
  const value = fields[name] ?? null
  if (value === null) return null
  const milliseconds = typeof value === 'string' ? parseDate(value) : value
  if (!Number.isInteger(milliseconds) || Math.abs(milliseconds) >= NUMBER_MOST) {
    refuse(`"${name}" is a date in ISO 8601 ("2026-01-31", "2026-01-31T12:00:00Z") or milliseconds since 1970`)
  }
  return Math.max(milliseconds, 0)
}

function wholeNumber (fields, name, otherwise, least, most) {
  const value = fields[name] ?? otherwise
  if (!Number.isInteger(value) || value < least || value > most) refuse(`"${name}" is a whole number from ${least} to ${most}`)
  return value
}
