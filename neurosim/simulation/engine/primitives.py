"""The NumPy twins of lif_bridge.h: the same IEEE operations in the same order, so the same bits.

Noise is a function of (seed; cell, stimulus, trial, step, draw). Philox4x32 with 7 rounds (Salmon,
Moraes, Dror & Shaw 2011) turns that counter into four 32-bit words; Box-Muller turns two of them
into two normals, a logarithm each of the others into an exponential. The elementary functions are
polynomials, because the libraries' differ in their last bits between targets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.base.arrays import Array

__all__ = ["ROUNDS", "philox", "uniform_c"]

Words = NDArray[np.uint64]

ROUNDS = 7
_2_52 = 4503599627370496.0  # whole numbers below it are doubles with these exponent bits:
_EXPONENT = np.uint64(0x4330000000000000)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: int, k1: int) -> tuple[Words, ...]:
    """Four arrays of 32-bit words (held in uint64) from four counter and two key words."""
    c0, c1, c2, c3 = (np.asarray(c).astype(np.uint64) & _LOW for c in (c0, c1, c2, c3))
    k0, k1 = int(k0) & 0xFFFFFFFF, int(k1) & 0xFFFFFFFF
    for _ in range(ROUNDS):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c2 = (p1 >> _32) ^ c1 ^ np.uint64(k0), (p0 >> _32) ^ c3 ^ np.uint64(k1)
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def ln(x: Any) -> Array:
    """Natural logarithm of positive normal doubles, relative error below 1e-10."""
    bits = np.ascontiguousarray(x, dtype=float).view(np.uint64)
    one = np.uint64(1024 << 52)
    k = (bits - np.uint64(0x3FE6A09E00000000) + one) >> np.uint64(52)
    m = (bits - (k << np.uint64(52)) + one).view(float)
    e = (k | _EXPONENT).view(float) - 4503599627371520.0
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    p = q * (2.0 / 11.0) + 2.0 / 9.0
    p = p * q + 2.0 / 7.0
    p = p * q + 2.0 / 5.0
    p = p * q + 2.0 / 3.0
    p = p * q + 2.0
    return e * 0.6931471805599453 + s * p


def one_minus_exp(x: Any) -> Any:
    """1 - exp(-x) for 0 <= x <= 8 without cancellation."""
    g = x * 0.0625
    p = 1.0 / 40320.0
    p = 1.0 / 5040.0 - g * p
    p = 1.0 / 720.0 - g * p
    p = 1.0 / 120.0 - g * p
    p = 1.0 / 24.0 - g * p
    p = 1.0 / 6.0 - g * p
    p = 0.5 - g * p
    p = g * (1.0 - g * p)
    p = p * (2.0 - p)
    p = p * (2.0 - p)
    p = p * (2.0 - p)
    return p * (2.0 - p)


def uniform(word: Words) -> Array:
    """In (0, 1)."""
    return (word.astype(float) + 0.5) * 2.3283064365386963e-10


def exponential(word: Words) -> Array:
    """Of mean 1: minus the logarithm of the uniform variate."""
    return 22.18070977791825 - ln(word.astype(float) + 0.5)


def bound(word: Words) -> Array:
    """An upper bound of exponential(word), at most 6 % of ln 2 above it, without a logarithm."""
    bits = ((word.astype(float) + 0.5).view(np.uint64) >> np.uint64(21)) | np.uint64(
        0x4330000000000000
    )
    return 731.2702754907424 - (bits.view(float) - 4503599627370496.0) * 3.227718083932741e-10


def radius(word: Words) -> Array:
    """Box & Muller's radius."""
    return np.sqrt(2.0 * exponential(word))


def turn(word: Words, quarter: int) -> Array:
    """Cosine (quarter 0) or sine (3) of the word's angle, 2 pi (word + 1/2)/2^32."""
    v = (word + np.uint64(quarter << 30)) & _LOW
    j = ((v + np.uint64(0x20000000)) & _LOW) >> np.uint64(30)
    r = ((v - (j << np.uint64(30))) & _LOW).astype(np.uint32).view(np.int32)
    x = (r.astype(float) + 0.5) * 1.4629180792671596e-09
    q = x * x
    s = q * (-1.0 / 39916800.0) + 1.0 / 362880.0
    s = s * q - 1.0 / 5040.0
    s = s * q + 1.0 / 120.0
    s = s * q - 1.0 / 6.0
    s = x + x * q * s
    c = q * (1.0 / 479001600.0) - 1.0 / 3628800.0
    c = c * q + 1.0 / 40320.0
    c = c * q - 1.0 / 720.0
    c = c * q + 1.0 / 24.0
    c = c * q - 0.5
    c = c * q + 1.0
    t = np.where(j & np.uint64(1), s, c)
    return np.where((j + np.uint64(1)) & np.uint64(2), -t, t)


_memo: tuple[Any, tuple[Words, ...]] = (None, ())


def words(
    cell: Any, stimulus: Any, trial: Any, index: Any, draw: Any, seed_low: Any, seed_high: Any
) -> tuple[Words, ...]:
    """The four words of a hash; the last one made is kept, since several functions share it."""
    global _memo
    cell, stimulus, trial = (np.atleast_1d(np.asarray(c)) for c in (cell, stimulus, trial))
    index, draw, low, high = (int(np.ravel(v)[0]) for v in (index, draw, seed_low, seed_high))
    key = (cell.tobytes(), stimulus.tobytes(), trial.tobytes(), index, draw, low, high)
    memo = _memo  # read once: another thread may replace it
    if memo[0] != key:
        last = trial.astype(np.uint64) | np.uint64(draw << 24)
        third = np.broadcast_to(np.uint64(index & 0xFFFFFFFF), cell.shape)
        memo = _memo = (key, philox(cell, stimulus, last, third, low, high))
    return memo[1]


def normal_cos(*args: Any) -> Array:
    """One of the two normals of a hash."""
    a, b, _, _ = words(*args)
    return radius(a) * turn(b, 0)


def normal_sin(*args: Any) -> Array:
    """The other."""
    a, b, _, _ = words(*args)
    return radius(a) * turn(b, 3)


def other_cos(*args: Any) -> Array:
    """One of the two normals of the hash's other words."""
    _, _, c, d = words(*args)
    return radius(c) * turn(d, 0)


def other_sin(*args: Any) -> Array:
    """The other."""
    _, _, c, d = words(*args)
    return radius(c) * turn(d, 3)


def exponential_c(*args: Any) -> Array:
    """The exponential of the third word."""
    return exponential(words(*args)[2])


def exponential_d(*args: Any) -> Array:
    """The exponential of the fourth."""
    return exponential(words(*args)[3])


def bound_c(*args: Any) -> Array:
    """The bound of `exponential_c`."""
    return bound(words(*args)[2])


def bound_d(*args: Any) -> Array:
    """The bound of `exponential_d`."""
    return bound(words(*args)[3])


def uniform_c(*args: Any) -> Array:
    """The uniform variate of the third word."""
    return uniform(words(*args)[2])


def choose(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, else `no`."""
    return np.where(condition, yes, no)


def larger(x: Any, y: Any) -> Any:
    """The larger of two, as C++'s ternary has it."""
    return np.where(x > y, x, y)


def by_parity(step: Any, even: Any, odd: Any) -> Any:
    """`even` in even steps, `odd` in odd ones."""
    return odd if int(np.ravel(step)[0]) & 1 else even


def half(step: Any) -> Any:
    """The pair that a step belongs to."""
    return np.asarray(step) >> 1


def cosine(turns: Any) -> Any:
    """Cosine of an angle in turns."""
    x = np.abs(turns - ((turns + 6755399441055744.0) - 6755399441055744.0))
    y = (0.25 - x) * 6.283185307179586
    a = y * y
    p = a * 1.6059043836821613e-10 - 2.505210838544172e-08
    p = p * a + 2.7557319223985893e-06
    p = p * a - 0.0001984126984126984
    p = p * a + 0.008333333333333333
    p = p * a - 0.16666666666666666
    return y + y * a * p


def cubic_at(x: Any, y: Any, m: Any, z: Any, n: Any) -> Any:
    """At x, 0 to 1, the cubic with values y, z and slopes m, n at 0 and 1 (Hermite)."""
    d = z - y
    a, b = 3.0 * d - 2.0 * m - n, m + n - 2.0 * d
    return y + x * (m + x * (a + x * b))


def cubic_slope(x: Any, y: Any, m: Any, z: Any, n: Any) -> Any:
    """The slope of `cubic_at` at x."""
    d = z - y
    a, b = 3.0 * d - 2.0 * m - n, m + n - 2.0 * d
    return m + x * (2.0 * a + x * (3.0 * b))


def first_crossing(y: Any, m: Any, z: Any, n: Any, margin: Any) -> Array:
    """First x at which a cubic, y below a level at 0 and z below it at 1, reaches it; 2 if never.

    A maximum inside that misses the level by less than `margin` counts as reaching it.
    """
    d = y - z
    a, b = 3.0 * d - 2.0 * m - n, m + n - 2.0 * d
    square = a * a - 3.0 * b * m
    root = np.sqrt(np.where(square > 0.0, square, 0.0))
    top = np.where(a > 0.0, (a + root) / (-3.0 * b), m / (root - a))  # the local maximum
    clear = y - top * (m + top * (a + top * b))
    miss = np.where((square > 0.0) & (top > 0.0) & (top < 1.0), clear, 1e300)
    low = np.where((miss > 0.0) & (z > 0.0), top, 0.0)
    high = np.where((miss > 0.0) & ~(z > 0.0), 1.0, top)
    x = 0.5 * (low + high)  # the first crossing is the only one between
    for i in range(7):  # bisection, then Newton kept in the bracket
        f = y - x * (m + x * (a + x * b))
        low, high = np.where(f > 0.0, x, low), np.where(f > 0.0, high, x)
        x = 0.5 * (low + high) if i < 2 else x + f / (m + x * (2.0 * a + x * (3.0 * b)))
        x = np.where(x > low, x, low)
        x = np.where(x < high, x, high)
    x = np.where(y > 0.0, x, 0.0)
    return np.where(miss <= margin, x, np.where(z > 0.0, 2.0, x))
