/** Numbers that JavaScript and the wire both keep exactly. What does not is refused here: it is another number by the time it is sent. */
import { TrellisError } from './http.js'
import type { TokenFilter } from './types.js'

/** Numbers of a question about tokens. */
interface Asked {
  filter?: TokenFilter
  count?: number
  amount?: number
  reserveSeconds?: number
}

/**
 * That all numbers of a question are whole and exact.
 * @param path Where the question stands in what is sent, with a dot behind it.
 * @throws TrellisError that names the number.
 */
export function checkNumbers (path: string, { filter = {}, count, amount, reserveSeconds }: Asked): void {
  const numbers = {
    count,
    amount,
    reserveSeconds,
    'filter.minAmount': filter.minAmount,
    'filter.maxAmount': filter.maxAmount
  }
  for (const [name, number] of Object.entries(numbers)) {
    if (number === undefined || (Number.isSafeInteger(number) && number >= 0)) continue
    const most = Number.MAX_SAFE_INTEGER
    throw new TrellisError(0, 'ERR_PARAMETER', `\`${path}${name}\` is ${number}: it must be a whole number from 0 to ${most} (2^53 - 1), ` +
      'the largest that JavaScript keeps exactly; nothing was sent')
  }
}
