// What the kernels share: vectors as wide as the processor's, and the stream of sample indices.
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVX512F__
#define WIDTH 8
#define REGISTERS 32
#else
#define WIDTH 4
#define REGISTERS 16
#endif
typedef double vector __attribute__((vector_size(8 * WIDTH)));
// ROOM states are kept, one after the other, after every interval of steps; then the first gives way.
#define UNROLL _Pragma("GCC unroll 64")
// Left a loop, it becomes one call of the exponential of a vector.
#define TOGETHER _Pragma("GCC unroll 1")

static inline double slope(double z, double y) {
#if LOGISTIC
    return -y / (1.0 + exp(y * z));
#else
    return z - y;
#endif
}

// Eight numbers of 32 bits, with room for their products.
typedef uint64_t eight __attribute__((vector_size(64)));
#define LOW 0xFFFFFFFFull

// A position of the stream in each lane.
typedef struct {
    eight block, replica, quad;
} Counters;

// The four words of Philox4x32-10, under the key that the seed 0 gives.
static inline void philox(const Counters *at, uint64_t attempt, eight words[4]) {
    eight c0 = at->block, c1 = at->replica, c2 = at->quad, c3 = (eight){} + attempt;
    uint64_t k0 = 0, k1 = 0;
    for (int round = 0; round < 10; ++round) {
        const eight p0 = 0xD2511F53ull * c0, p1 = 0xCD9E8D57ull * c2;
        c0 = (p1 >> 32) ^ c1 ^ k0;
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c1 = p1 & LOW;
        c3 = p0 & LOW;
        k0 = (k0 + 0x9E3779B9ull) & LOW;
        k1 = (k1 + 0xBB67AE85ull) & LOW;
    }
    words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
}

// Replace the products of words and n that were refused by those of the next attempts.
static __attribute__((noinline)) void redraw(const Counters *at, uint64_t n, uint64_t least,
                                             eight products[4]) {
    int refused = 1;
    for (uint64_t attempt = 1; refused; ++attempt) {
        eight words[4];
        philox(at, attempt, words);
        refused = 0;
        for (int w = 0; w < 4; ++w)
            for (int i = 0; i < 8; ++i)
                if ((products[w][i] & LOW) < least) {
                    products[w][i] = words[w][i] * n;
                    refused |= (products[w][i] & LOW) < least;
                }
    }
}

// The four indices below n that each counter gives, unbiased (Lemire); least is 2^32 modulo n.
static inline void indices(const Counters *at, uint64_t n, uint64_t least, eight out[4]) {
    philox(at, 0, out);
    eight refused = {};
    for (int w = 0; w < 4; ++w) out[w] *= n, refused |= (eight)((out[w] & LOW) < least);
    uint64_t any = 0;
    for (int i = 0; i < 8; ++i) any |= refused[i];
    if (__builtin_expect(any != 0, 0)) redraw(at, n, least, out);
    for (int w = 0; w < 4; ++w) out[w] >>= 32;
}
