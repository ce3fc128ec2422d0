"""The printed CUDA kernel: one launch from checkpoint to checkpoint, a group of lanes for each replica.

The same text compiles with NVRTC, nvcc, and, given a few definitions, as C++ for the host: there a group is
one lane, and what the GPU will compute can be tested without one.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr, Symbol

from ratebound.experiments.backends.cuda_groups import groups, head
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.sampling import steps_per_block
from ratebound.problems.lower import printed

_STREAM = """
#define BATCH {batch}      // samples per gradient estimate
#define TOGETHER {together}   // steps that share the four words of one evaluation
#define IN_PASSES {in_passes}  // whether samples are drawn in passes over the data

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

// Draw j of a batch below its bound, unbiased: words whose product falls short of the threshold are skipped.
__device__ __forceinline__ u32 draw(
    Words words, u32 step, u32 replica, int j, u32 k0, u32 k1, const u64* limits)
{{
    const u32 i = step % TOGETHER * BATCH + j % 4;
    u64 product = word(words, i) * limits[j];
    for (u32 attempt = 1; (u32)product < limits[BATCH + j]; ++attempt)
        product = word(philox(step / TOGETHER, replica, j / 4, attempt, k0, k1), i) * limits[j];
    return (u32)(product >> 32);
}}

#if IN_PASSES
// The sample of draw `number` in passes over the data; `order` is that of the present pass so far.
__device__ __forceinline__ u32 next_in_order(
    u32* order, u64 number, u64 n, u64 shuffled, u32 replica, u32 k0, u32 k1)
{{
    const u64 i = number % n;
    if (number / n >= shuffled) return order[i];
    const int lane = threadIdx.x % LANES;
    if (i == 0) {{
        for (u64 at = lane; at < n; at += LANES) order[at] = (u32)at;
        __syncwarp(group_mask());
    }}
    // Fisher and Yates: a place in i .. n-1, unbiased.
    const u64 bound = n - i, block = number / 4;
    u64 product = 0;
    for (u32 attempt = 0; attempt == 0 || (u32)product < ((u64)1 << 32) % bound; ++attempt) {{
        const Words words = philox((u32)block, replica, (u32)(block >> 32), attempt, k0, k1);
        product = word(words, (u32)(number % 4)) * bound;
    }}
    const u64 place = i + (product >> 32);
    const u32 taken = order[place], left = order[i];
    __syncwarp(group_mask());
    if (lane == 0) {{
        order[place] = left;
        order[i] = taken;
    }}
    __syncwarp(group_mask());
    return taken;
}}
#endif
"""

SAMPLE = """\
#if IN_PASSES
            index[q] = next_in_order(orders + unit * n, now * BATCH + q, n, shuffled, replica, key0, key1);
#else
            if (q % 4 == 0 && (now % TOGETHER == 0 || now == start))
                words = philox((u32)now / TOGETHER, replica, q / 4, 0, key0, key1);
            index[q] = draw(words, (u32)now, replica, q, key0, key1, limits);
            // Floyd: distinct indices, every subset equally likely.
            bool taken = false;
            for (int i = 0; distinct && i < q; ++i) taken |= index[i] == index[q];
            if (taken) index[q] = (u32)(n - BATCH + q);
#endif"""
"""Draws sample q of a step; dense and sparse kernels alike."""

SHARED_DATA = """\
#if SHARED
    extern __shared__ real cached[];
    for (u64 i = threadIdx.x; i < n * D; i += blockDim.x) cached[i] = data[i];
    __syncthreads();
    data = cached;
#endif"""
"""Copies the data into the memory of the block; where they are dense."""

_SOURCE = """
#define D {d}          // features
#define SHARED {shared}     // whether the data lie in shared memory
#define EACH ((D + LANES - 1) / LANES)

extern "C" __global__ void advance(
    u64 start, u64 stop, u64 units, u64 n, const real* data, const real* labels, real l2,
    const real* alphas, u64 alphas_stride, u64 alphas_move, const real* weights, u64 weights_stride,
    u64 weights_move, const u32* replicas, const u32* schedules, const u64* limits, u32 key0, u32 key1,
    int distinct, u32* orders, u64 shuffled, {arguments})
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
#if !IN_PASSES
    Words words;
#endif
    for (u64 now = start; now < stop; ++now) {{
{scalars}
        u32 index[BATCH];
        real batch_sum[EACH] = {{0}};
        for (int q = 0; q < BATCH; ++q) {{
{sample}
            const real* row = data + (u64)index[q] * D;
            real z = 0;
            for (int slot = 0; slot < EACH; ++slot)
                if (lane + slot * LANES < D) z += row[lane + slot * LANES] * own_x[slot];
            z = group_sum(z);
            const real y = labels[index[q]];
            const real s = {slope};
            for (int slot = 0; slot < EACH; ++slot)
                if (lane + slot * LANES < D) batch_sum[slot] += s * row[lane + slot * LANES];
        }}
        for (int slot = 0; slot < EACH; ++slot) {{
{now}
            const real g = batch_sum[slot] / BATCH + l2 * own_x[slot];
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


def common(spec: Spec, lanes: int) -> str:
    """Print what kernels for dense and sparse data share: sizes, the stream of samples, sums over lanes."""
    return (
        head(spec.title, spec.dtype)
        + groups(lanes)
        + _STREAM.format(
            batch=spec.batch, together=steps_per_block(spec.batch), in_passes=int(spec.in_passes)
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


def cuda_source(spec: Spec, d: int, lanes: int, shared: bool) -> str:
    """Print the kernel.

    Parameters
    ----------
    spec
        What to compute.
    d
        Features.
    lanes
        Threads per replica: 1, 2, 4, 8, 16 or 32.
    shared
        Whether each block copies the data into its shared memory.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    state = list(spec.rules)
    reads = {s.name for rule in spec.rules.values() for s in rule.free_symbols}
    return common(spec, lanes) + _SOURCE.format(
        d=d,
        shared=int(shared),
        shared_data=SHARED_DATA,
        sample=SAMPLE,
        slope=printed(spec.slope, "cuda"),
        arguments=", ".join(f"real* state_{name}" for name in state),
        declared=lines(1, [f"real own_{name}[EACH];" for name in state]),
        loaded=lines(2, [f"own_{v}[slot] = j < D ? state_{v}[unit * D + j] : real(0);" for v in state]),
        scalars=lines(2, scalar_lines(reads)),
        now=lines(3, [f"const real {name}_now = own_{name}[slot];" for name in state]),
        updated=lines(3, [f"own_{name}[slot] = {of_now(rule, state)};" for name, rule in spec.rules.items()]),
        stored=lines(2, [f"if (j < D) state_{v}[unit * D + j] = own_{v}[slot] + probe;" for v in state]),
    )
