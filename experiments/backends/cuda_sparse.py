"""The printed CUDA kernel for sparse data: a group of lanes shares the entries of the sampled rows.

Iterates are too long for registers; they stay in global memory, held as
:mod:`ratebound.experiments.backends.lanes_sparse` says. The columns of a row differ, so that its lanes never
write to the same place; rows of a batch come one after the other.
"""

from __future__ import annotations

from ratebound.experiments.backends.cuda_source import SAMPLE, common, lines, scalar_lines
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.backends.sparse_step import LARGE, SMALL, printed_step, sparse_step

_SOURCE = """
#define AVERAGED {averaged}   // whether the weighted sum of the iterates is kept

extern "C" __global__ void advance(
    u64 start, u64 stop, u64 units, u64 n, u64 d, const u64* starts, const u32* columns,
    const double* entries, const double* labels, double l2, const double* alphas, u64 alphas_stride,
    u64 alphas_move, const double* weights, u64 weights_stride, u64 weights_move, const u32* replicas,
    const u32* schedules, const u64* limits, u32 key0, u32 key1, int distinct, u32* orders, u64 shuffled,
    double* state_x, double* scales, double* state_rest, double* totals)
{{
    const u64 unit = (blockIdx.x * (u64)blockDim.x + threadIdx.x) / LANES;
    const int lane = threadIdx.x % LANES;
    if (unit >= units) return;
    const u32 replica = replicas[unit];
    double* v = state_x + unit * d;
    double scale = scales[unit];
#if AVERAGED
    double* rest = state_rest + unit * d;
    double total = totals[unit];
#endif
    double probe = 0.0;
    for (u64 j = lane; j < d; j += LANES) probe += 0.0 * (scale * v[j]);
    // A diverged replica stops here.
    if (group_sum(probe) != 0.0) return;
#if !IN_PASSES
    Words words;
#endif
    for (u64 now = start; now < stop; ++now) {{
{scalars}
        u32 index[BATCH];
        double slopes[BATCH];
        for (int q = 0; q < BATCH; ++q) {{
{sample}
            double z = 0.0;
            for (u64 e = starts[index[q]] + lane; e < starts[index[q] + 1]; e += LANES)
                z += entries[e] * v[columns[e]];
            z = scale * group_sum(z);
            const double y = labels[index[q]];
            slopes[q] = {slope};
        }}
#if AVERAGED
        total += weight * scale;
#endif
        double scaled = ({keep}) * scale;
        if (!(fabs(scaled) > {small} && fabs(scaled) < {large})) {{
            for (u64 j = lane; j < d; j += LANES) {{
#if AVERAGED
                rest[j] += total * v[j];
#endif
                v[j] *= scaled;
            }}
#if AVERAGED
            total = 0.0;
#endif
            scaled = 1.0;
            __syncwarp(group_mask());
        }}
        scale = scaled;
        const double gain = ({gain}) / scale;
        for (int q = 0; q < BATCH; ++q) {{
            for (u64 e = starts[index[q]] + lane; e < starts[index[q] + 1]; e += LANES) {{
                const double moved = gain * slopes[q] * entries[e];
                v[columns[e]] += moved;
#if AVERAGED
                rest[columns[e]] -= total * moved;
#endif
            }}
            __syncwarp(group_mask());
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
    return common(spec, lanes) + _SOURCE.format(
        averaged=int(averaged),
        sample=SAMPLE,
        scalars=lines(2, scalar_lines(reads | ({"weight"} if averaged else set()))),
        small=repr(SMALL),
        large=repr(LARGE),
        **printed_step(spec, "cuda"),
    )
