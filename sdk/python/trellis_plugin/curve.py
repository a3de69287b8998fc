"""secp256k1 for the stand-in: signatures are verified and keys derived, nothing is secret here. In components the host computes."""

import hashlib
import hmac

_P = 2**256 - 2**32 - 977
_N = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_G = (
    0x79BE667E_F9DCBBAC_55A06295_CE870B07_029BFCDB_2DCE28D9_59F2815B_16F81798,
    0x483ADA77_26A3C465_5DA4FBFC_0E1108A8_FD17B448_A6855419_9C47D08F_FB10D4B8,
)

# A point is a pair of coordinates; the point at infinity is None.


def _add(one, other):
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2:
        if (y1 + y2) % _P == 0:
            return None
        slope = 3 * x1 * x1 * pow(2 * y1, -1, _P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _multiply(point, times):
    product = None
    while times:
        if times & 1:
            product = _add(product, point)
        point = _add(point, point)
        times >>= 1
    return product


def _point(key):
    """The point of a public key; None where it is none."""
    x = int.from_bytes(key[1:33], "big")
    square = (pow(x, 3, _P) + 7) % _P
    if len(key) == 33 and key[0] in (2, 3):
        y = pow(square, (_P + 1) // 4, _P)
        y = y if y % 2 == key[0] % 2 else _P - y
    elif len(key) == 65 and key[0] == 4:
        y = int.from_bytes(key[33:], "big")
    else:
        return None
    return (x, y) if x < _P and y * y % _P == square else None


def _compressed(point):
    x, y = point
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


def _numbers(signature):
    """The two numbers of a DER signature; None where it is none."""
    numbers = []
    rest = signature[2:]
    if signature[:1] != b"\x30" or signature[1:2] != bytes([len(rest)]):
        return None
    for _ in range(2):
        if len(rest) < 2 or rest[0] != 2 or not 0 < rest[1] <= len(rest) - 2:
            return None
        number, rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        # Neither negative nor longer than it must be.
        if number[0] & 0x80 or (number[0] == 0 and len(number) > 1 and not number[1] & 0x80):
            return None
        numbers.append(int.from_bytes(number, "big"))
    return None if rest else numbers


def verify(digest, signature, public_key):
    """Whether the key made the signature over the digest."""
    point, numbers = _point(public_key), _numbers(signature)
    if point is None or numbers is None or len(digest) != 32:
        return False
    r, s = numbers
    if not (0 < r < _N and 0 < s < _N):
        return False
    inverse = pow(s, -1, _N)
    z = int.from_bytes(digest, "big")
    sum_point = _add(_multiply(_G, z * inverse % _N), _multiply(point, r * inverse % _N))
    return sum_point is not None and sum_point[0] % _N == r


def derive_for_anyone(public_key, invoice_number):
    """BRC-42 with the counterparty whose private key is 1: the secret they share is the key itself."""
    point = _point(public_key)
    if point is None:
        return None
    tweak = int.from_bytes(hmac.digest(_compressed(point), invoice_number.encode(), hashlib.sha256), "big")
    child = _add(point, _multiply(_G, tweak % _N))
    return child and _compressed(child)
