// What the client sends and reads, against what the host says it takes and answers: node client/document.test.mjs

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TrellisClient } from 'trellis-client'
import { all } from './scene.mjs'
import { declared, described } from './shapes.mjs'

const file = path => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

const document = JSON.parse(readFileSync(file('host/server/openapi.json'), 'utf8'))
const { paths } = document

// What @bsv/sdk has words for, what broadcasters, operators and browsers ask for, and the one stream there is of two kinds.
const LEFT_TO_OTHERS = [
  'POST /submit',
  'GET /listTopicManagers',
  'GET /listLookupServiceProviders',
  'GET /getDocumentationForTopicManager',
  'GET /getDocumentationForLookupServiceProvider',
  'POST /arc-ingest',
  'GET /admin/config',
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'GET /openapi.json',
  'POST /.well-known/auth',
  'GET /v1/events/ws',
  'POST /v1/events/token'
]

// All that the client can be told to ask for, with everything that can be said.
const FILTER = { asset: 'a', owner: 'o', tagsAll: ['a', 'b'], tagsAny: ['c', 'd'], minAmount: 1, maxAmount: 2 }
const LIST = { at: 7, limit: 3 }
const CALLS = [
  host => host.submit([1], { topics: ['tm_a'], requireAll: true, offChainValues: [1], evidence: { signatures: [] } }),
  host => host.submitBatch([{ transaction: [1], topics: 'auto' }], { atomic: true }),
  host => host.transaction('00'),
  host => host.evidence('00'),
  host => host.ef([1]),
  host => host.broadcast([1]),
  host => host.broadcastBatch([[1]]),
  host => host.lookup('ls_a', {}, { minimumStatus: 'seen' }),
  host => host.subscribe({ topics: ['tm_a', 'tm_b'], baskets: ['a', 'b'], after: 7 }, () => {}).done,
  host => host.topics(7),
  host => host.state('tm_a', { prefix: '00', ...LIST }),
  host => all(host.outputs('tm_a', { spent: true, ...LIST })),
  host => all(host.baskets(LIST)),
  host => host.basket('a', 7),
  host => all(host.groups('a', 'tag', LIST)),
  host => all(host.tokens('a', FILTER, LIST)),
  host => all(host.balances('a', { asset: 'a', owner: 'o' }, LIST)),
  host => host.organise([{ basket: 'a', filter: FILTER, count: 1 }]),
  host => host.take('a', { filter: FILTER, amount: 1, reserveSeconds: 60 }),
  host => host.release('00')
]

// What all calls come to: requests as the document names them.
async function requests () {
  const found = []
  const fetch = async (url, { method, headers }) => {
    const { pathname, searchParams } = new URL(url)
    const verb = method.toLowerCase()
    const fits = path => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(pathname) && verb in paths[path]
    const path = Object.keys(paths).find(fits)
    const route = `${method} ${path ?? pathname}`
    found.push({ route, query: searchParams, headers: Object.keys(headers), operation: paths[path]?.[verb] })
    return new Response('{"code": "ERR_NO", "message": "no"}', { status: 400 })
  }
  const host = new TrellisClient('http://host.example', { fetch })
  for (const call of CALLS) await assert.rejects(call(host), { code: 'ERR_NO' })
  return found
}

test('every public route has its method, or is left to others on purpose', async () => {
  const verbs = ([path, operations]) => Object.keys(operations).map(verb => `${verb.toUpperCase()} ${path}`)
  const known = Object.entries(paths).flatMap(verbs)
  const spoken = (await requests()).map(({ route }) => route)
  assert.deepEqual([...new Set([...spoken, ...LEFT_TO_OTHERS])].sort(), known.sort())
})

test('every parameter and header that is sent is one the host describes, a list one by one', async () => {
  const withBody = ['content-type', 'accept']
  for (const { route, query, headers, operation } of await requests()) {
    const parameters = operation.parameters ?? []
    for (const [where, names] of [['query', query.keys()], ['header', headers.filter(name => !withBody.includes(name))]]) {
      for (const name of names) assert.ok(parameters.some(one => one.in === where && one.name === name), `${route} does not know ${name}`)
    }
    for (const { name } of parameters.filter(({ schema }) => schema.type === 'array')) {
      assert.equal(query.getAll(name).length, FILTER[name].length, `${route} is sent ${query}`)
    }
  }
})

// The client's types, and what the document calls them.
const TYPES = {
  AppliedTransaction: 'AppliedBody',
  Balance: 'BalanceBody',
  Basket: 'BasketBody',
  BasketDifference: 'BasketDifferenceBody',
  BasketEntry: 'BasketEntryBody',
  BatchReceipt: 'BatchReceiptBody',
  Converted: 'ConvertedBody',
  Evidence: 'EvidenceBody',
  Figures: 'FiguresBody',
  Group: 'GroupBody',
  Groups: 'GroupsBody',
  KeptCertificate: 'KeptCertificateBody',
  KeptEvidence: 'KeptEvidenceBody',
  LookupAnswer: 'LookupAnswerBody',
  MemberError: 'MemberErrorBody',
  Operation: 'OperationBody',
  Organised: 'OrganisedBody',
  Place: 'PlaceBody',
  Receipt: 'ReceiptBody',
  RelayRefused: 'RefusedMemberBody',
  Relayed: 'RelayedBody',
  Requirement: 'RequirementBody',
  RevealedCertificate: 'CertificateBody',
  Shortage: 'ShortageBody',
  Spent: 'SpentBody',
  SubmissionSignature: 'SubmissionSignatureBody',
  TakeOptions: 'TakeBody',
  Taken: 'TakenBody',
  Token: 'TokenBody',
  TokenFilter: 'FilterBody',
  TopicDifference: 'TopicDifferenceBody',
  TopicOutput: 'TopicOutputBody',
  TopicReceipt: 'TopicReceiptBody',
  TopicSummary: 'TopicBody',
  TransactionReport: 'TransactionBody',
  TrellisEvent: 'EventBody',
  Vouching: 'VouchingBody'
}

test('the types have every field under the name the host gives it, and say which may be missing', () => {
  const [inTypes, inDocument] = [declared(file('sdk/client-js/dist/index.d.ts')), described(document)]
  // A union is told apart by its fields.
  const byFields = lists => [...new Set(lists.map(fields => JSON.stringify(fields)))].sort()
  for (const [type, body] of Object.entries(TYPES)) assert.deepEqual(byFields(inTypes(type)), byFields(inDocument(body)), type)
})
