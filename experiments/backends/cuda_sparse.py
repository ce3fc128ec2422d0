"""The printed CUDA kernel for sparse data: a group of lanes shares the entries of the sampled rows.

Iterates are too long for registers; they stay in global memory, held as
:mod:`ratebound.experiments.backends.lanes_sparse` says. The columns of a row differ, so that its lanes never
write to the same place; rows of a batch come one after the other.
"""

from __future__ import annotations

from ratebound.experiments.backends.cuda_source import lines, schedule_lines
from ratebound.experiments.backends.cuda_stream import DRAWS, SAMPLE, SAMPLER, common
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.backends.sparse_step import LARGE, SMALL, printed_step, sparse_step

_SOURCE = """
#define AVERAGED {averaged}   // whether the weighted sum of the iterates is kept

extern "C" __global__ void advance(
    u64 start, u64 stop, u64 units, u64 n, u64 d, const u64* __restrict__ starts,
    const u32* __restrict__ columns, const real* __restrict__ entries, const real* __restrict__ labels,
    real l2, const real* alphas, u64 alphas_stride, u64 alphas_move, const real* weights,
    u64 weights_stride, u64 weights_move, const u32* replicas, const u32* schedules, u32 key0, u32 key1,
    u32* orders, u64 shuffled, real* state_x, real* scales, real* state_rest, real* totals)
{{
    const u64 unit = (blockIdx.x * (u64)blockDim.x + threadIdx.x) / LANES;
    const int lane = threadIdx.x % LANES;
    if (unit >= units) return;
    const u32 replica = replicas[unit];
    real* v = state_x + unit * d;
    real scale = scales[unit];
#if AVERAGED
    real* rest = state_rest + unit * d;
    real total = totals[unit];
#endif
    real probe = 0;
    for (u64 j = lane; j < d; j += LANES) probe += real(0) * (scale * v[j]);
    // A diverged replica stops here.
    if (group_sum(probe) != 0) return;
{sampler}
{schedules}
    for (u64 now = start; now < stop; ++now) {{
{scalars}
{draws}
        u32 index[BATCH];
        real slopes[BATCH];
        for (int q = 0; q < BATCH; ++q) {{
{sample}
            const u64 last = starts[index[q] + 1];
            const real y = labels[index[q]];
            real z = 0;
            for (u64 e = starts[index[q]] + lane; e < last; e += LANES)
                z += entries[e] * v[columns[e]];
            z = scale * group_sum(z);
            slopes[q] = {slope};
        }}
#if AVERAGED
        total += weight * scale;
#endif
        real scaled = ({keep}) * scale;
        if (!(fabs(scaled) > {small} && fabs(scaled) < {large})) {{
            // Other lanes have read v: an exchange with them puts no order on memory. Other groups stay away.
            __syncwarp(own_group());
            for (u64 j = lane; j < d; j += LANES) {{
#if AVERAGED
                rest[j] += total * v[j];
#endif
                v[j] *= scaled;
            }}
#if AVERAGED
            total = 0;
#endif
            scaled = 1;
        }}
        __syncwarp(meeting());
        scale = scaled;
        const real gain = ({gain}) / scale;
        for (int q = 0; q < BATCH; ++q) {{
            // Read once: for all the compiler knows, v may lie where it is.
            const u64 last = starts[index[q] + 1];
            for (u64 e = starts[index[q]] + lane; e < last; e += LANES) {{
                const real moved = gain * slopes[q] * entries[e];
                v[columns[e]] += moved;
#if AVERAGED
                rest[columns[e]] -= total * moved;
#endif
            }}
            __syncwarp(meeting());
        }}
    }}
    if (lane == 0) {{
        scales[unit] = scale;
#if AVERAGED
        totals[unit] = total;
#endif
    }}
}}
"""


def cuda_sparse_source(spec: Spec, lanes: int) -> str:
    """Print the kernel for `lanes` threads per replica: 1, 2, 4, 8, 16 or 32.

    Raises
    ------
    RateboundError
        If the method is none that the kernel can run, or an expression has no printing.
    """
    averaged = SUM in spec.rules
    reads = {s.name for expr in sparse_step(spec).values() for s in expr.free_symbols}
    before, within = schedule_lines(reads | ({"weight"} if averaged else set()))
    return common(spec, lanes) + _SOURCE.format(
        averaged=int(averaged),
        sample=SAMPLE,
        sampler=SAMPLER,
        draws=DRAWS,
        schedules=lines(1, before),
        scalars=lines(2, within),
        small=f"real({SMALL!r})",
        large=f"real({LARGE!r})",
        **printed_step(spec, "cuda"),
    )
