"""The printed CUDA kernel: one launch from checkpoint to checkpoint, a group of lanes for each replica.

The same text compiles with NVRTC, nvcc, and, given a few definitions, as C++ for the host: there a group is
one lane, and what the GPU will compute can be tested without one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sympy import Expr, Symbol

from ratebound.experiments.backends.cuda_groups import groups, head
from ratebound.experiments.backends.cuda_layout import bounds_of, rows_of
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.sampling import steps_per_block
from ratebound.problems.lower import printed

_STREAM = """
#define BATCH {batch}      // samples per gradient estimate
#define TOGETHER {together}   // steps that share the four words of one evaluation
#define IN_PASSES {in_passes}  // whether samples are drawn in passes over the data
#define DISTINCT {distinct}   // whether those of a batch are drawn without replacement

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
            if (q % 4 == 0 && (now % TOGETHER == 0 || now == start))
                words = philox((u32)now / TOGETHER, replica, q / 4, 0, key0, key1);
            index[q] = below(
                DISTINCT ? (u32)n - BATCH + 1 + q : (u32)n, words, (u32)now % TOGETHER * BATCH + q % 4,
                (u32)now / TOGETHER, replica, q / 4, key0, key1);
#if DISTINCT
            // Floyd: distinct indices, every subset equally likely.
            bool taken = false;
            for (int i = 0; i < q; ++i) taken |= index[i] == index[q];
            if (taken) index[q] = (u32)n - BATCH + q;
#endif
#endif"""
"""Draws sample q of a step; dense and sparse kernels alike."""

SHARED_DATA = """\
#if SHARED
    extern __shared__ real cached[];
    const u32 size = (u32)n * D;
    for (u32 first = threadIdx.x; first < size; first += 8 * blockDim.x) {
        // Eight numbers are on their way at a time.
        real numbers[8];
#pragma unroll
        for (u32 i = 0, at = first; i < 8; ++i, at += blockDim.x) numbers[i] = at < size ? data[at] : real(0);
#pragma unroll
        for (u32 i = 0, at = first; i < 8; ++i, at += blockDim.x)
            if (at < size) cached[at / D * STRIDE + at % D] = numbers[i];
    }
    for (u32 i = threadIdx.x; i < n; i += blockDim.x) cached[n * STRIDE + i] = labels[i];
    __syncthreads();
    data = cached;
    labels = cached + n * STRIDE;
#endif"""
"""Copies the data into the memory of the block; where they are dense."""

_SOURCE = """
#define D {d}          // features
#define SHARED {shared}     // whether the data lie in shared memory
#define STRIDE {stride}     // from a row to the next one
#define ROWS {rows}       // rows of a batch that are read before the first sum is complete
#define EACH ((D + LANES - 1) / LANES)

extern "C" __global__ void __launch_bounds__({bounds}) advance(
    u64 start, u64 stop, u64 units, u64 n, const real* data, const real* labels, real l2,
    const real* alphas, u64 alphas_stride, u64 alphas_move, const real* weights, u64 weights_stride,
    u64 weights_move, const u32* replicas, const u32* schedules, u32 key0, u32 key1, u32* orders,
    u64 shuffled, {arguments})
{{
{shared_data}
    const u64 unit = (blockIdx.x * (u64)blockDim.x + threadIdx.x) / LANES;
    const int lane = threadIdx.x % LANES;
    if (unit >= units) return;
    const u32 replica = replicas[unit];
{declared}
    real probe = 0;
    for (int slot = 0; slot < EACH; ++slot) {{
        const int j = lane + slot * LANES;
{loaded}
        probe += real(0) * own_x[slot];
    }}
    // A diverged replica stops here: every later look at it reads nan.
    if (group_sum(probe) != 0) return;
{sampler}
    for (u64 now = start; now < stop; ++now) {{
{scalars}
        u32 index[BATCH];
        real batch_sum[EACH] = {{0}};
        for (int first = 0; first < BATCH; first += ROWS) {{
            u32 near[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {{
                const int q = first + r;
                if (q >= BATCH) continue;
{sample}
                near[r] = index[q];
            }}
            real rows[ROWS][EACH], seen[ROWS], sums[ROWS] = {{0}};
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {{
                if (first + r >= BATCH) continue;
                const real* row = data + (u64)near[r] * STRIDE;
                seen[r] = labels[near[r]];
                for (int slot = 0; slot < EACH; ++slot)
                    if (lane + slot * LANES < D) rows[r][slot] = row[lane + slot * LANES];
            }}
#pragma unroll
            for (int r = 0; r < ROWS; ++r)
                for (int slot = 0; slot < EACH; ++slot)
                    if (first + r < BATCH && lane + slot * LANES < D) sums[r] += rows[r][slot] * own_x[slot];
            group_sums<ROWS>(sums);
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {{
                if (first + r >= BATCH) continue;
                const real z = sums[r], y = seen[r];
                const real s = {slope};
                for (int slot = 0; slot < EACH; ++slot)
                    if (lane + slot * LANES < D) batch_sum[slot] += s * rows[r][slot];
            }}
        }}
        for (int slot = 0; slot < EACH; ++slot) {{
{now}
            const real g = batch_sum[slot] * (real(1) / BATCH){regulariser};
{updated}
        }}
    }}
    probe = 0;
    for (int slot = 0; slot < EACH; ++slot)
        if (lane + slot * LANES < D) probe += real(0) * own_x[slot];
    probe = group_sum(probe);
    for (int slot = 0; slot < EACH; ++slot) {{
        const int j = lane + slot * LANES;
{stored}
    }}
}}
"""


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


def scalar_lines(names: Iterable[str], schedule: str = "schedules[unit]") -> list[str]:
    """Return the lines that read those of alpha, weight and k of a step that are asked for.

    `schedule` is the row of the step sizes, as source.
    """
    names = set(names)
    lines = [
        f"const real {name} = {name}s[{schedule} * {name}s_stride + now * {name}s_move];"
        for name in ("alpha", "weight")
        if name in names
    ]
    return lines + (["const real k = (real)now;"] if "k" in names else [])


def lines(depth: int, written: Iterable[str]) -> str:
    """Return lines as text, moved to the right by `depth` levels."""
    return "\n".join("    " * depth + line for line in written)


def of_now(expr: Expr, state: Iterable[str]) -> str:
    """Print an expression in the state, whose variables have names that nothing else in a kernel has."""
    names = {Symbol(name, real=True): Symbol(f"{name}_now", real=True) for name in state}
    return printed(expr.xreplace(names), "cuda")


def cuda_source(spec: Spec, d: int, lanes: int, row: int = 0) -> str:
    """Print the kernel.

    Parameters
    ----------
    spec
        What to compute.
    d
        Features.
    lanes
        Threads per replica: 1, 2, 4, 8, 16 or 32.
    row
        Numbers from a row to the next one in the shared memory of a block, which holds a copy of the data; 0
        if they stay where they are.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    state, itemsize = list(spec.rules), np.dtype(spec.dtype).itemsize
    rows = rows_of(spec.batch, d, lanes, itemsize)
    reads = {s.name for rule in spec.rules.values() for s in rule.free_symbols}
    return common(spec, lanes) + _SOURCE.format(
        d=d,
        shared=int(row > 0),
        stride=row or d,
        rows=rows,
        # Where it is zero, it is a fifth of the arithmetic of a step.
        regulariser=" + l2 * own_x[slot]" if spec.regularised else "",
        bounds=bounds_of((len(state) + 1 + rows) * -(-d // lanes) * itemsize // 4, row > 0),
        sampler=SAMPLER,
        shared_data=SHARED_DATA,
        sample=lines(1, SAMPLE.splitlines()),
        slope=printed(spec.slope, "cuda"),
        arguments=", ".join(f"real* state_{name}" for name in state),
        declared=lines(1, [f"real own_{name}[EACH];" for name in state]),
        loaded=lines(2, [f"own_{v}[slot] = j < D ? state_{v}[unit * D + j] : real(0);" for v in state]),
        scalars=lines(2, scalar_lines(reads)),
        now=lines(3, [f"const real {name}_now = own_{name}[slot];" for name in state]),
        updated=lines(3, [f"own_{name}[slot] = {of_now(rule, state)};" for name, rule in spec.rules.items()]),
        stored=lines(2, [f"if (j < D) state_{v}[unit * D + j] = own_{v}[slot] + probe;" for v in state]),
    )
