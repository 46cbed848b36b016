"""Ed25519 signature verification (RFC 8032), with the SHA-512 that MicroPython lacks.

Uses Python integers: a verification takes seconds on a small board, which is acceptable for an update. All inputs are
public, so no constant-time code is needed.
"""

from firmware.core.compat import Any

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_MASK = 0xFFFFFFFFFFFFFFFF


def _root(value: int, degree: int) -> int:
    """Return the integer root, rounded down."""
    low, high = 0, 1 << (value.bit_length() if hasattr(value, "bit_length") else 256)
    while high - low > 1:
        middle = (low + high) >> 1
        if middle**degree <= value:
            low = middle
        else:
            high = middle
    return low


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _turned(word: int, by: int) -> int:
    return (word >> by | word << (64 - by)) & _MASK


def sha512(data: bytes) -> bytes:
    """FIPS 180-4. Its constants are the fractions of roots of primes, and are worked out."""
    primes = _primes(80)
    rounds = [_root(prime << 192, 3) & _MASK for prime in primes]
    state = [_root(prime << 128, 2) & _MASK for prime in primes[:8]]
    padded = data + b"\x80" + bytes((111 - len(data)) % 128 + 8) + (8 * len(data)).to_bytes(8, "big")
    for at in range(0, len(padded), 128):
        words = [int.from_bytes(padded[i : i + 8], "big") for i in range(at, at + 128, 8)]
        for i in range(16, 80):
            a, b = words[i - 15], words[i - 2]
            s0 = _turned(a, 1) ^ _turned(a, 8) ^ a >> 7
            s1 = _turned(b, 19) ^ _turned(b, 61) ^ b >> 6
            words.append((words[i - 16] + s0 + words[i - 7] + s1) & _MASK)
        a, b, c, d, e, f, g, h = state
        for i in range(80):
            s1 = _turned(e, 14) ^ _turned(e, 18) ^ _turned(e, 41)
            t1 = h + s1 + ((e & f) ^ ((e ^ _MASK) & g)) + rounds[i] + words[i]
            s0 = _turned(a, 28) ^ _turned(a, 34) ^ _turned(a, 39)
            t2 = s0 + ((a & b) ^ (a & c) ^ (b & c))
            a, b, c, d, e, f, g, h = (t1 + t2) & _MASK, a, b, c, (d + t1) & _MASK, e, f, g
        state = [(old + new) & _MASK for old, new in zip(state, (a, b, c, d, e, f, g, h))]  # noqa: B905
    return b"".join([word.to_bytes(8, "big") for word in state])


def _power(base: int, exponent: int) -> int:
    """base ** exponent mod P."""
    result = 1
    while exponent:
        if exponent & 1:
            result = result * base % P
        base = base * base % P
        exponent >>= 1
    return result


_D = -121665 * _power(121666, P - 2) % P
# A point is (x, y, z, t) with x/z, y/z on the curve and t = x*y/z.
_ZERO = (0, 1, 1, 0)


def _add(a: Any, b: Any) -> Any:
    p = (a[1] - a[0]) * (b[1] - b[0]) % P
    q = (a[1] + a[0]) * (b[1] + b[0]) % P
    r = 2 * a[3] * b[3] * _D % P
    s = 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar: int, point: Any) -> Any:
    result: Any = _ZERO
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _point(data: bytes) -> Any:
    """Decode a point; None if it is not on the curve."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (_D * y * y + 1) % P
    x = u * _power(v, 3) * _power(u * _power(v, 7), (P - 5) // 8) % P
    if v * x * x % P != u:
        x = x * _power(2, (P - 1) // 4) % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) of `message` was made with the private key of `public_key` (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, r = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + public_key + message), "little") % ORDER
    base = _point((4 * _power(5, P - 2) % P).to_bytes(32, "little"))
    left, right = _times(s, base), _add(r, _times(k, key))
    return bool(
        (left[0] * right[2] - right[0] * left[2]) % P == 0
        and (left[1] * right[2] - right[1] * left[2]) % P == 0
    )
