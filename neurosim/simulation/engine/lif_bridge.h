// Primitives of the noisy LIF engine: counter-based random numbers and elementary
// functions built from IEEE + - * / sqrt and integer operations only, so that C++
// (any vector width), Cython and NumPy give the same bits.  Needs -ffp-contract=off.
#ifndef LIF_BRIDGE_H
#define LIF_BRIDGE_H
#include <cstdint>
#include <cstring>
#include <cmath>
#if defined(__GNUC__)
#define LB_INLINE static inline __attribute__((always_inline))
#else
#define LB_INLINE static inline
#endif

LB_INLINE uint64_t lb_bits(double x) { uint64_t b; std::memcpy(&b, &x, 8); return b; }
LB_INLINE double lb_double(uint64_t b) { double x; std::memcpy(&x, &b, 8); return x; }

// ---- Philox4x32-7 (Salmon et al. 2011) -------------------------------------------
// Words are kept in 64-bit lanes: one multiply gives both halves of the product.
struct lb_words { uint64_t a, b, c, d; };
LB_INLINE lb_words lb_philox(uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3, uint64_t k0, uint64_t k1)
{
    const uint64_t low = 0xFFFFFFFFull;
    for (int r = 0; r < 7; r++) {
        const uint64_t p0 = (c0 & low) * 0xD2511F53ull;
        const uint64_t p1 = (c2 & low) * 0xCD9E8D57ull;
        c0 = (p1 >> 32) ^ c1 ^ k0;     // the upper halves carry rubbish that the masks remove
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c1 = p1; c3 = p0;
        k0 = (k0 + 0x9E3779B9ull) & low; k1 = (k1 + 0xBB67AE85ull) & low;
    }
    const lb_words w = {c0 & low, c1 & low, c2 & low, c3 & low};
    return w;
}
// a whole number below 2^52 as a double, without a conversion instruction
LB_INLINE double lb_whole(uint64_t w) { return lb_double(w | 0x4330000000000000ull) - 4503599627370496.0; }

// ---- elementary functions ----------------------------------------------------------
// natural logarithm of a positive normal number, relative error < 1e-10
LB_INLINE double lb_ln(double x)
{
    const uint64_t b = lb_bits(x) - 0x3FE6A09E00000000ull + (((uint64_t)1024) << 52);
    const uint64_t k = b >> 52;                                   // exponent + 1024
    const double m = lb_double(lb_bits(x) - (k << 52) + (((uint64_t)1024) << 52));
    const double e = lb_double(k | 0x4330000000000000ull) - 4503599627371520.0; // 2^52+1024
    const double s = (m - 1.0) / (m + 1.0);
    const double q = s * s;
    double p = q * (2.0 / 11.0) + 2.0 / 9.0;
    p = p * q + 2.0 / 7.0;
    p = p * q + 2.0 / 5.0;
    p = p * q + 2.0 / 3.0;
    p = p * q + 2.0;
    return e * 0.6931471805599453 + s * p;
}
// 1 - exp(-x) for 0 <= x <= 8, relative error < 5e-11, exact limit at 0
LB_INLINE double lb_em1(double x)
{
    const double g = x * 0.0625;
    double p = 1.0 / 40320.0;
    p = 1.0 / 5040.0 - g * p;
    p = 1.0 / 720.0 - g * p;
    p = 1.0 / 120.0 - g * p;
    p = 1.0 / 24.0 - g * p;
    p = 1.0 / 6.0 - g * p;
    p = 0.5 - g * p;
    p = g * (1.0 - g * p);
    p = p * (2.0 - p); p = p * (2.0 - p); p = p * (2.0 - p); p = p * (2.0 - p);
    return p;
}
LB_INLINE double lb_uniform(uint64_t w) { return (lb_whole(w) + 0.5) * 2.3283064365386963e-10; }
LB_INLINE double lb_exponential(uint64_t w) { return 22.18070977791825 - lb_ln(lb_whole(w) + 0.5); }
// the same from above, at most 6 % of ln 2 too large, without a logarithm: linear in the mantissa
LB_INLINE double lb_bound(uint64_t w)
{
    return 731.2702754907424 - lb_whole(lb_bits(lb_whole(w) + 0.5) >> 21) * 3.227718083932741e-10;
}
LB_INLINE double lb_radius(uint64_t w) { return std::sqrt(2.0 * lb_exponential(w)); }
// cos and sin of the angle 2 pi (w + 1/2) / 2^32
LB_INLINE double lb_sinpoly(double x, double q)
{
    double p = q * (-1.0 / 39916800.0) + 1.0 / 362880.0;
    p = p * q - 1.0 / 5040.0;
    p = p * q + 1.0 / 120.0;
    p = p * q - 1.0 / 6.0;
    return x + x * q * p;
}
LB_INLINE double lb_cospoly(double q)
{
    double p = q * (1.0 / 479001600.0) - 1.0 / 3628800.0;
    p = p * q + 1.0 / 40320.0;
    p = p * q - 1.0 / 720.0;
    p = p * q + 1.0 / 24.0;
    p = p * q - 0.5;
    return p * q + 1.0;
}
LB_INLINE double lb_turn(uint64_t w, uint64_t quarter)  // quarter 0: cos, 3: sin (= cos(a - pi/2))
{
    const uint64_t v = (w + (quarter << 30)) & 0xFFFFFFFFull;
    const uint64_t j = (v + 0x20000000ull) >> 30;
    const double r = lb_whole(v - (j << 30) + 0x20000000ull) - 536870912.0; // -2^29 to 2^29
    const double x = (r + 0.5) * 1.4629180792671596e-09;                    // 2 pi / 2^32
    const double q = x * x;
    const double t = (j & 1u) ? lb_sinpoly(x, q) : lb_cospoly(q);
    return ((j + 1u) & 2u) ? -t : t;
}
LB_INLINE double lb_cos_turn(uint64_t w) { return lb_turn(w, 0u); }
LB_INLINE double lb_sin_turn(uint64_t w) { return lb_turn(w, 3u); }

// ---- the functions Brian2's generated code calls --------------------------------------
// four words of noise for (seed; cell, stimulus, trial, index, draw); trial < 2^24, draw < 2^8
#define LB_ARGS int32_t cell, int32_t stimulus, int32_t trial, int64_t index, int32_t draw, \
                int32_t seed_low, int32_t seed_high
#define LB_WORDS lb_philox((uint32_t)cell, (uint32_t)stimulus, \
                 (uint32_t)trial | ((uint32_t)draw << 24), (uint32_t)index, \
                 (uint32_t)seed_low, (uint32_t)seed_high)
LB_INLINE double normal_cos(LB_ARGS) { const lb_words w = LB_WORDS; return lb_radius(w.a) * lb_cos_turn(w.b); }
LB_INLINE double normal_sin(LB_ARGS) { const lb_words w = LB_WORDS; return lb_radius(w.a) * lb_sin_turn(w.b); }
LB_INLINE double other_cos(LB_ARGS) { const lb_words w = LB_WORDS; return lb_radius(w.c) * lb_cos_turn(w.d); }
LB_INLINE double other_sin(LB_ARGS) { const lb_words w = LB_WORDS; return lb_radius(w.c) * lb_sin_turn(w.d); }
LB_INLINE double exponential_c(LB_ARGS) { const lb_words w = LB_WORDS; return lb_exponential(w.c); }
LB_INLINE double exponential_d(LB_ARGS) { const lb_words w = LB_WORDS; return lb_exponential(w.d); }
LB_INLINE double bound_c(LB_ARGS) { const lb_words w = LB_WORDS; return lb_bound(w.c); }
LB_INLINE double bound_d(LB_ARGS) { const lb_words w = LB_WORDS; return lb_bound(w.d); }
LB_INLINE double uniform_c(LB_ARGS) { const lb_words w = LB_WORDS; return lb_uniform(w.c); }
LB_INLINE double one_minus_exp(double x) { return lb_em1(x); }
LB_INLINE double choose(bool condition, double yes, double no) { return condition ? yes : no; }
LB_INLINE double larger(double x, double y) { return x > y ? x : y; }
LB_INLINE double by_parity(int64_t step, double even, double odd) { return (step & 1) ? odd : even; }
LB_INLINE double cosine(double turns) // of an angle in turns, |turns| < 2^50
{
    double x = turns - ((turns + 6755399441055744.0) - 6755399441055744.0); // -1/2 to 1/2
    x = x < 0.0 ? -x : x;
    const double y = (0.25 - x) * 6.283185307179586;                        // cos = sin(pi/2 - .)
    const double a = y * y;
    double p = a * (1.6059043836821613e-10) - 2.505210838544172e-08;
    p = p * a + 2.7557319223985893e-06;
    p = p * a - 0.0001984126984126984;
    p = p * a + 0.008333333333333333;
    p = p * a - 0.16666666666666666;
    return y + y * a * p;
}
LB_INLINE int64_t half(int64_t step) { return step >> 1; }
// ---- the cubic on 0 <= x <= 1 with values y, z and slopes m, n at its ends (Hermite) ---------
LB_INLINE double cubic_at(double x, double y, double m, double z, double n)
{
    const double d = z - y, a = 3.0 * d - 2.0 * m - n, b = m + n - 2.0 * d;
    return y + x * (m + x * (a + x * b));
}
LB_INLINE double cubic_slope(double x, double y, double m, double z, double n)
{
    const double d = z - y, a = 3.0 * d - 2.0 * m - n, b = m + n - 2.0 * d;
    return m + x * (2.0 * a + x * (3.0 * b));
}
// First x at which a cubic, y below a level at 0 and z below it at 1, reaches it; 2 if it does not.
// A maximum inside that misses the level by less than `margin` counts as reaching it.
LB_INLINE double first_crossing(double y, double m, double z, double n, double margin)
{
    const double d = y - z, a = 3.0 * d - 2.0 * m - n, b = m + n - 2.0 * d;
    const double square = a * a - 3.0 * b * m;
    const double root = std::sqrt(square > 0.0 ? square : 0.0);
    const double top = a > 0.0 ? (a + root) / (-3.0 * b) : m / (root - a);   // the local maximum
    const double clear = y - top * (m + top * (a + top * b));
    const double inside = square > 0.0 ? top > 0.0 ? top < 1.0 ? 1.0 : 0.0 : 0.0 : 0.0;
    const double miss = inside > 0.0 ? clear : 1e300;
    const double up = z > 0.0 ? 0.0 : 1.0;             // it ends above the level
    const double last = up > 0.0 ? 1.0 : top;
    const double start = up > 0.0 ? 0.0 : top;         // a near miss: the maximum itself
    double low = miss > 0.0 ? start : 0.0, high = miss > 0.0 ? last : top;
    double x = 0.5 * (low + high);                     // the first crossing is the only one between
    for (int i = 0; i < 7; i++) {                  // bisection, then Newton kept in the bracket
        const double f = y - x * (m + x * (a + x * b));
        low = f > 0.0 ? x : low;
        high = f > 0.0 ? high : x;
        x = i < 2 ? 0.5 * (low + high) : x + f / (m + x * (2.0 * a + x * (3.0 * b)));
        x = x > low ? x : low;
        x = x < high ? x : high;
    }
    x = y > 0.0 ? x : 0.0;
    const double otherwise = z > 0.0 ? 2.0 : x;
    return miss <= margin ? x : otherwise;
}
#endif
