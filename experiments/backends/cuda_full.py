"""The printed CUDA modules of the whole data: what surrounds the matrix products of cuBLAS.

Each kernel goes on through its elements as far as they reach, whatever the number of threads.
"""

from __future__ import annotations

from functools import lru_cache

from sympy import Expr, cse, numbered_symbols

from ratebound.experiments.backends.cuda_groups import groups, head
from ratebound.experiments.backends.cuda_source import lines, of_now, scalar_lines
from ratebound.experiments.backends.kernel import Spec
from ratebound.problems.losses import Loss
from ratebound.problems.lower import printed

_LOSS = """
// values[p] = the sum of the loss over the samples, at predictions (points, n).
extern "C" __global__ void sum_losses(
    u64 points, u64 n, const real* predictions, const real* labels, real* values)
{{
    const u64 group = (blockIdx.x * (u64)blockDim.x + threadIdx.x) / LANES;
    const u64 groups = gridDim.x * (u64)blockDim.x / LANES;
    const int lane = threadIdx.x % LANES;
    for (u64 point = group; point < points; point += groups) {{
        real total = 0;
        for (u64 i = lane; i < n; i += LANES) {{
            const real z = predictions[point * n + i], y = labels[i];
            total += {loss};
        }}
        total = group_sum(total);
        if (lane == 0) values[point] = total;
    }}
}}
"""

_STEP = """
#define D {d}          // features
#define EACH_BELOW(size) \\
    u64 at = blockIdx.x * (u64)blockDim.x + threadIdx.x; at < size; at += gridDim.x * (u64)blockDim.x

#define SCHEDULES \\
    const real* alphas, u64 alphas_stride, u64 alphas_move, const real* weights, u64 weights_stride, \\
    u64 weights_move

// Predictions (rows, n) become slopes of the loss.
extern "C" __global__ void to_slopes(u64 size, u64 n, real* predictions, const real* labels)
{{
    for (EACH_BELOW(size)) {{
        const real z = predictions[at], y = labels[at % n];
        predictions[at] = {slope};
    }}
}}

// Where the gradient is taken at step `now`.
extern "C" __global__ void place(u64 size, u64 now, SCHEDULES, real* points, {arguments})
{{
    for (EACH_BELOW(size)) {{
{place_reads}
        points[at] = {point};
    }}
}}

// The update of step `now`: sums (rows, D) of the slopes times the rows of the data, at these points.
extern "C" __global__ void move(
    u64 size, u64 now, SCHEDULES, const real* points, const real* sums, u64 n, real l2, {arguments})
{{
    for (EACH_BELOW(size)) {{
{move_reads}
        const real g = sums[at] / n + l2 * points[at];
{parts}
{updated}
    }}
}}
"""


@lru_cache(maxsize=64)
def loss_source(loss: Loss, lanes: int) -> str:
    """Print the module that adds up a loss over the samples, in float64.

    Raises
    ------
    RateboundError
        If the loss has no printing.
    """
    title = f"Sums of the {loss.title}; printed, not written."
    return head(title, "float64") + groups(lanes, apart=True) + _LOSS.format(loss=printed(loss.phi, "cuda"))


@lru_cache(maxsize=64)
def full_source(spec: Spec, point: Expr, d: int) -> str:
    """Print the module of a step of full gradients, taken at `point`, an expression in the state.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    state = list(spec.rules)
    # What several rules read is computed once.
    parts, following = cse(list(spec.rules.values()), numbered_symbols("part", real=True))

    def reads(*expressions: Expr) -> list[str]:
        names = {s.name for expr in expressions for s in expr.free_symbols}
        now = [f"const real {name}_now = state_{name}[at];" for name in state if name in names]
        return scalar_lines(names, "at / D") + now

    return head(spec.title, spec.dtype) + _STEP.format(
        d=d,
        slope=printed(spec.slope, "cuda"),
        arguments=", ".join(f"real* state_{name}" for name in state),
        place_reads=lines(2, reads(point)),
        move_reads=lines(2, reads(*spec.rules.values())),
        point=of_now(point, state),
        parts=lines(2, [f"const real {part} = {of_now(expr, state)};" for part, expr in parts]),
        updated=lines(
            2, [f"state_{v}[at] = {of_now(e, state)};" for v, e in zip(state, following, strict=True)]
        ),
    )
