// A bad connection to a host: it breaks after so many bytes, or falls silent without a word.

import { connect, createServer } from 'node:net'
import { once } from 'node:events'

// `quota` says how many bytes of the host's the next connection lets through; then `atEnd` says what becomes of it.
export async function badConnection (url, quota, atEnd = (here, there) => { here.destroy(); there.destroy() }) {
  const { hostname, port } = new URL(url)
  const proxy = { connections: 0 }
  const server = createServer(here => {
    const there = connect(Number(port), hostname)
    let left = quota(proxy.connections++)
    here.pipe(there)
    there.on('data', bytes => {
      here.write(bytes.subarray(0, left))
      left -= Math.min(left, bytes.length)
      if (left === 0) atEnd(here, there)
    })
    for (const [end, other] of [[here, there], [there, here]]) {
      end.on('close', () => other.destroy())
      end.on('error', () => {})
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy.url = `http://127.0.0.1:${server.address().port}`
  proxy.close = () => server.close()
  return proxy
}
