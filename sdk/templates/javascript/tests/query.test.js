import assert from 'node:assert/strict'
import test from 'node:test'
import { parseDate } from '../src/date.js'
import { parseQuery } from '../src/query.js'

const EVERYTHING = { message: null, from: 0, until: null, newestFirst: true, skip: 0, limit: 50 }

test('every way to ask for everything is understood', () => {
  for (const json of ['"findAll"', '{"findAll": true}', '{}', '{"message": ""}', '{"message": null, "limit": null}']) {
    assert.deepEqual(parseQuery(json), EVERYTHING, json)
  }
})

test('every field is understood', () => {
  const query = { message: 'hi', limit: 3, skip: 4, startDate: 5, endDate: '1970-01-01T00:00:01Z', sortOrder: 'asc' }
  const wanted = { message: 'hi', from: 5000, until: 1_001_000, newestFirst: false, skip: 4, limit: 3 }
  assert.deepEqual(parseQuery(JSON.stringify(query)), wanted)
})

test('dates before 1970 mean its beginning, and far ones the end of all time', () => {
  const { from, until } = parseQuery('{"startDate": -1, "endDate": "1960-01-01"}')
  assert.deepEqual([from, until], [0, 1000])
  assert.ok(parseQuery('{"endDate": 9000000000000000000}').until < 2 ** 64)
})

test('anything else is refused with what is accepted', () => {
  for (const [json, names] of [
    ['', 'a query is'],
    ['null', 'a query is'],
    ['[]', 'a query is'],
    ['"everything"', 'a query is'],
    ['{"messages": 1}', 'the field "messages" means nothing here'],
    ['{"__proto__": 1}', 'the field "__proto__" means nothing here'],
    ['{"message": 1}', '"message" is the exact text'],
    ['{"findAll": false}', '"findAll" is true'],
    ['{"findAll": 1}', '"findAll" is true'],
    ['{"limit": 0}', '"limit" is a whole number from 1 to 1000'],
    ['{"limit": 1.5}', '"limit" is a whole number'],
    ['{"skip": -1}', '"skip" is a whole number from 0 to 10000'],
    ['{"skip": 18446744073709551616}', '"skip" is a whole number'],
    ['{"sortOrder": "up"}', '"sortOrder" is "desc"'],
    ['{"startDate": "yesterday"}', '"startDate" is a date'],
    ['{"endDate": true}', '"endDate" is a date']
  ]) {
    assert.throws(() => parseQuery(json), thrown => thrown.name === 'Refusal' && thrown.message.includes(names), json)
  }
})

test('dates agree with the Unix clock, fractions and offsets included', () => {
  for (const [text, milliseconds] of [
    ['1970-01-01', 0],
    ['1969-12-31', -86_400_000],
    ['2000-02-29', 951_782_400_000],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000],
    ['0001-01-01', -62_135_596_800_000],
    ['1970-01-01T00:00:01.1239Z', 1123],
    ['1970-01-01T01:00+01:00', 0],
    ['1969-12-31T18:30-05:30', 0]
  ]) {
    assert.equal(parseDate(text), milliseconds, text)
  }
  for (const text of ['', '2026', '2026-1-1', '2026-13-01', '2026-02-29', '2026-01-31T24:00', '2026-01-31T12:00:00.', '2026-01-31Z',
    '2026-01-31 12:00', '2026-01-31T12:00z', '2026-01-31T12:00Z ', '2026-01-31\n']) {
    assert.equal(parseDate(text), null, text)
  }
})
