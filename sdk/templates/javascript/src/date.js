// Dates without a clock: the forms of ISO 8601 that programs write, as milliseconds since 1970 in UTC. `Date.parse` takes
// other forms too, and means the local time by some of them.

const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))?)?$/

/** `2026-01-31`, `2026-01-31T12:00`, with seconds and fractions, then `Z`, an offset such as `+01:00`, or nothing for UTC. @param {string} text @returns {number | null} */
export function parseDate (text) {
  const found = FORM.exec(text)
  if (found === null) return null
  const [year, month, day, hours, minutes, seconds] = found.slice(1, 7).map(digits => Number(digits ?? 0))
  const [fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = found.slice(7)
  if (hours > 23 || minutes > 59 || seconds > 59 || offsetHours > 23 || offsetMinutes > 59) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // A day that the month does not have has become one of the next.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  // What is finer than a millisecond is dropped.
  date.setUTCHours(hours, minutes, seconds, Number(fraction.slice(0, 3).padEnd(3, '0')))
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000
  return date.getTime() - (sign === '-' ? -offset : offset)
}
