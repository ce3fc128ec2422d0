"""The printed CUDA kernel: one launch from checkpoint to checkpoint, a group of lanes for each replica.

The same text compiles with NVRTC, nvcc, and, given a few definitions, as C++ for the host: there a group is
one lane, and what the GPU will compute can be tested without one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sympy import Expr, Symbol

from ratebound.experiments.backends.cuda_layout import bounds_of, rows_of
from ratebound.experiments.backends.cuda_stream import DRAWS, SAMPLE, SAMPLER, common
from ratebound.experiments.backends.kernel import Spec
from ratebound.problems.lower import printed

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
{schedules}
    for (u64 now = start; now < stop; ++now) {{
{scalars}
{draws}
        u32 index[BATCH];
        real batch_sum[EACH] = {{0}};
        for (int first = 0; first < BATCH; first += ROWS) {{
            u32 near[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {{
                const int q = first + r;
                if (BATCH % ROWS && q >= BATCH) continue;
{sample}
                near[r] = index[q];
            }}
            real rows[ROWS][EACH], seen[ROWS], sums[ROWS] = {{0}};
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {{
                if (BATCH % ROWS && first + r >= BATCH) continue;
                const real* row = data + (u64)near[r] * STRIDE;
                seen[r] = labels[near[r]];
                for (int slot = 0; slot < EACH; ++slot)
                    if (lane + slot * LANES < D) rows[r][slot] = row[lane + slot * LANES];
            }}
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {{
                if (BATCH % ROWS && first + r >= BATCH) continue;
                for (int slot = 0; slot < EACH; ++slot)
                    if (lane + slot * LANES < D) sums[r] += rows[r][slot] * own_x[slot];
            }}
            group_sums<ROWS>(sums);
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {{
                if (BATCH % ROWS && first + r >= BATCH) continue;
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


def schedule_lines(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return what :func:`scalar_lines` does in two parts: before the steps, and in each of them.

    A schedule is walked along; to find its place by multiplication would be a tenth of a short step.
    """
    names = set(names)
    read = [name for name in ("alpha", "weight") if name in names]
    before = [
        f"const real* {name}_at = {name}s + schedules[unit] * {name}s_stride + start * {name}s_move;"
        for name in read
    ]
    within = [
        line for name in read for line in (f"const real {name} = *{name}_at;", f"{name}_at += {name}s_move;")
    ]
    return before, within + scalar_lines(names - {"alpha", "weight"})


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
    before, within = schedule_lines(reads)
    return common(spec, lanes) + _SOURCE.format(
        d=d,
        shared=int(row > 0),
        stride=row or d,
        rows=rows,
        # Where it is zero, it is a fifth of the arithmetic of a step.
        regulariser=" + l2 * own_x[slot]" if spec.regularised else "",
        bounds=bounds_of((len(state) + 1 + rows) * -(-d // lanes) * itemsize // 4, row > 0),
        sampler=SAMPLER,
        draws=DRAWS,
        shared_data=SHARED_DATA,
        sample=lines(1, SAMPLE.splitlines()),
        slope=printed(spec.slope, "cuda"),
        arguments=", ".join(f"real* state_{name}" for name in state),
        declared=lines(1, [f"real own_{name}[EACH];" for name in state]),
        loaded=lines(2, [f"own_{v}[slot] = j < D ? state_{v}[unit * D + j] : real(0);" for v in state]),
        schedules=lines(1, before),
        scalars=lines(2, within),
        now=lines(3, [f"const real {name}_now = own_{name}[slot];" for name in state]),
        updated=lines(3, [f"own_{name}[slot] = {of_now(rule, state)};" for name, rule in spec.rules.items()]),
        stored=lines(2, [f"if (j < D) state_{v}[unit * D + j] = own_{v}[slot] + probe;" for v in state]),
    )
