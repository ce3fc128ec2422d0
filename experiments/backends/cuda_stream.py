"""What printed CUDA kernels of steps begin with: sizes, the one stream of samples, sums over lanes."""

from __future__ import annotations

from ratebound.experiments.backends.cuda_groups import groups, head
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.sampling import steps_per_block

_STREAM = """
#define BATCH {batch}      // samples per gradient estimate
#define TOGETHER {together}   // steps that share the four words of one evaluation
#define IN_PASSES {in_passes}  // whether samples are drawn in passes over the data
#define DISTINCT {distinct}   // whether those of a batch are drawn without replacement
#define BY_LANES (!IN_PASSES && BATCH > 1 && BATCH <= LANES)  // whether each lane draws one of a batch

struct Words {{ u32 w[4]; }};

// Philox4x32-10.
__device__ __forceinline__ Words philox(u32 c0, u32 c1, u32 c2, u32 c3, u32 k0, u32 k1) {{
    for (int round = 0; round < 10; ++round) {{
        const u64 p0 = (u64)0xD2511F53u * c0, p1 = (u64)0xCD9E8D57u * c2;
        c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
        c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c1 = (u32)p1;
        c3 = (u32)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }}
    return {{{{c0, c1, c2, c3}}}};
}}

// Word i; not by an index in memory, for words are kept in registers.
__device__ __forceinline__ u64 word(Words words, u32 i) {{
    return i == 0 ? words.w[0] : i == 1 ? words.w[1] : i == 2 ? words.w[2] : words.w[3];
}}

// The number below a bound that word i gives, unbiased: a word whose product falls short of 2^32 modulo the
// bound gives way to that of the next attempt. The modulus is taken where a product falls short of the bound.
__device__ __forceinline__ u32 below(
    u32 bound, Words words, u32 i, u32 c0, u32 c1, u32 c2, u32 k0, u32 k1)
{{
    u64 product = word(words, i) * bound;
    if ((u32)product < bound) {{
        const u32 least = (0u - bound) % bound;
        for (u32 attempt = 1; (u32)product < least; ++attempt)
            product = word(philox(c0, c1, c2, attempt, k0, k1), i) * bound;
    }}
    return (u32)(product >> 32);
}}

// Draw q of the batch of a step, of these words: of n samples or, for distinct ones, as Floyd needs it.
__device__ __forceinline__ u32 draw(Words words, u32 now, u32 q, u64 n, u32 replica, u32 k0, u32 k1) {{
    const u32 bound = DISTINCT ? (u32)n - BATCH + 1 + q : (u32)n, i = now % TOGETHER * BATCH + q % 4;
    return below(bound, words, i, now / TOGETHER, replica, q / 4, k0, k1);
}}

#if IN_PASSES
// Step i of Fisher and Yates' shuffle: sample i of a pass, whose order so far is `order`. Its word is one of
// these, of all the numbers drawn so far.
__device__ __forceinline__ u32 next_in_order(
    u32* order, u32 i, u32 n, Words words, u64 number, u32 replica, u32 k0, u32 k1)
{{
    const int lane = threadIdx.x % LANES;
    if (i == 0) {{
        for (u64 at = lane; at < n; at += LANES) order[at] = (u32)at;
        __syncwarp(meeting());
    }}
    const u64 block = number / 4;
    const u32 j = (u32)(number % 4), c0 = (u32)block, c2 = (u32)(block >> 32);
    const u32 place = i + below(n - i, words, j, c0, replica, c2, k0, k1);
    const u32 taken = order[place], left = order[i];
    __syncwarp(meeting());
    if (lane == 0) {{
        order[place] = left;
        order[i] = taken;
    }}
    __syncwarp(meeting());
    return taken;
}}
#endif
"""

SAMPLER = """\
    Words words;
#if IN_PASSES
    // The numbers drawn so far, how many of them in the present pass, and whole passes.
    u64 number = start * BATCH, passes = number / n;
    u32 in_pass = (u32)(number % n);
#endif"""
"""Declares what draws of samples leave for the next ones."""

DRAWS = """\
#if BY_LANES
        words = philox((u32)now / TOGETHER, replica, lane / 4, 0, key0, key1);
        const u32 drawn = lane < BATCH ? draw(words, (u32)now, lane, n, replica, key0, key1) : 0;
#endif"""
"""Draws the samples of a step, side by side, where a replica has as many lanes."""

SAMPLE = """\
#if IN_PASSES
            u32* const order = orders + unit * n;
            if (passes < shuffled) {
                if (number % 4 == 0 || number == start * BATCH)
                    words = philox((u32)(number / 4), replica, (u32)(number >> 34), 0, key0, key1);
                index[q] = next_in_order(order, in_pass, (u32)n, words, number, replica, key0, key1);
            } else {
                index[q] = order[in_pass];
            }
            ++number;
            if (++in_pass == n) in_pass = 0, ++passes;
#else
#if BY_LANES
            index[q] = __shfl_sync(meeting(), drawn, q, LANES);
#else
            if (q % 4 == 0 && (now % TOGETHER == 0 || now == start))
                words = philox((u32)now / TOGETHER, replica, q / 4, 0, key0, key1);
            index[q] = draw(words, (u32)now, q, n, replica, key0, key1);
#endif
#if DISTINCT
            // Floyd: distinct indices, every subset equally likely.
            bool taken = false;
            for (int i = 0; i < q; ++i) taken |= index[i] == index[q];
            if (taken) index[q] = (u32)n - BATCH + q;
#endif
#endif"""
"""Draws sample q of a step; dense and sparse kernels alike."""


def common(spec: Spec, lanes: int, apart: bool = False) -> str:
    """Print what kernels for dense and sparse data share: sizes, the stream of samples, sums over lanes.

    `apart` as in :func:`ratebound.experiments.backends.cuda_groups.groups`.
    """
    return (
        head(spec.title, spec.dtype)
        + groups(lanes, apart)
        + _STREAM.format(
            batch=spec.batch,
            together=steps_per_block(spec.batch),
            in_passes=int(spec.in_passes),
            distinct=int(spec.distinct),
        )
    )
