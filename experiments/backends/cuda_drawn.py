"""The printed CUDA kernel of methods that draw more than a batch, or take gradients elsewhere than at x.

A group of lanes makes all steps of one replica, as in :mod:`ratebound.experiments.backends.cuda_source`: it
takes the gradients of one batch at every point that the method names, those of f where the coin falls, reads
and writes the table, and updates. Coins and weighted samples read the stream at the counters of
:mod:`ratebound.experiments.backends.drawn`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Expr

from ratebound.experiments.backends.cuda_source import (
    SAMPLE,
    SHARED_DATA,
    common,
    lines,
    of_now,
    scalar_lines,
)
from ratebound.experiments.backends.drawn import COIN, ONE, WEIGHTED
from ratebound.experiments.backends.kernel import Spec
from ratebound.problems.lower import printed
from ratebound.theory.draws import Draws, L_i, L_j, along, coin, length_sq, norm_sq, rise
from ratebound.theory.method import g

_SOURCE = """
#define D {d}          // features
#define SHARED {shared}     // whether the data lie in shared memory
#define WEIGHTED {weighted}   // whether samples, or axes, are drawn by their probabilities
#define EACH ((D + LANES - 1) / LANES)

// A number of 53 bits in [0, 1).
__device__ __forceinline__ double uniform(Words words) {{
    return (double)(((u64)words.w[0] << 21) ^ (words.w[1] >> 11)) * {one};
}}

// The sample, or axis, in whose part of [0, 1) a number falls; parts end at `ends`.
__device__ __forceinline__ u32 sample_at(const double* ends, u64 n, double number) {{
    u64 first = 0, last = n - 1;
    while (first < last) {{
        const u64 middle = (first + last) / 2;
        if (ends[middle] <= number) first = middle + 1; else last = middle;
    }}
    return (u32)first;
}}

// Add a multiple of the gradient of one loss at a point.
__device__ __forceinline__ void add_gradient(
    const real* row, real y, real factor, const real* at, real* sum)
{{
    const int lane = threadIdx.x % LANES;
    real z = 0;
    for (int slot = 0; slot < EACH; ++slot)
        if (lane + slot * LANES < D) z += row[lane + slot * LANES] * at[slot];
    z = group_sum(z);
    const real s = factor * ({slope});
    for (int slot = 0; slot < EACH; ++slot)
        if (lane + slot * LANES < D) sum[slot] += s * row[lane + slot * LANES];
}}

{products}extern "C" __global__ void advance(
    u64 start, u64 stop, u64 units, u64 n, const real* data, const real* labels, real l2,
    const real* alphas, u64 alphas_stride, u64 alphas_move, const real* weights, u64 weights_stride,
    u64 weights_move, const u32* replicas, const u32* schedules, const u64* limits, u32 key0, u32 key1,
    int distinct, u32* orders, u64 shuffled, double chance, u64 period, const double* ends, const real* scale,
    const real* smooth, const real* lowest, real* table, {arguments})
{{
{shared_data}
    const u64 unit = (blockIdx.x * (u64)blockDim.x + threadIdx.x) / LANES;
    const int lane = threadIdx.x % LANES;
    if (unit >= units) return;
    const u32 replica = replicas[unit];
{declared}
    for (int slot = 0; slot < EACH; ++slot) {{
        const int j = lane + slot * LANES;
{loaded}
    }}
#if !IN_PASSES && !WEIGHTED
    Words words;
#endif
    for (u64 now = start; now < stop; ++now) {{
{scalars}
        u32 index[BATCH];
        for (int q = 0; q < BATCH; ++q) {{
#if WEIGHTED
            const Words drawn = philox((u32)now, replica, {weighted_word}u, q, key0, key1);
            index[q] = sample_at(ends, {outcomes}, uniform(drawn));
#else
{sample}
#endif
        }}
{gradients}
        for (int slot = 0; slot < EACH; ++slot) {{
{at}
{points}
        }}
{of_batch}
{of_all}
{of_sample}
{of_length}
        for (int slot = 0; slot < EACH; ++slot) {{
{now}
{taken}
{updated}
        }}
    }}
    for (int slot = 0; slot < EACH; ++slot) {{
        const int j = lane + slot * LANES;
{stored}
    }}
}}
"""
_PRODUCTS = """\
// Add a multiple of the Hessian of one loss at a point, times a vector.
__device__ __forceinline__ void add_product(
    const real* row, real y, real factor, const real* at, const real* along, real* sum)
{{
    const int lane = threadIdx.x % LANES;
    real z = 0, met = 0;
    for (int slot = 0; slot < EACH; ++slot) {{
        if (lane + slot * LANES >= D) continue;
        z += row[lane + slot * LANES] * at[slot];
        met += row[lane + slot * LANES] * along[slot];
    }}
    z = group_sum(z);
    met = group_sum(met);
    const real s = factor * ({second}) * met;
    for (int slot = 0; slot < EACH; ++slot)
        if (lane + slot * LANES < D) sum[slot] += s * row[lane + slot * LANES];
}}

"""
_OF_BATCH = """\
        real total = 0;
        for (int q = 0; q < BATCH; ++q) {{
            const real* row = data + (u64)index[q] * D;
            const real y = labels[index[q]];
            const real factor = scale[index[q]] / BATCH;
            total += factor;
{calls}
        }}"""
_OF_ALL = """\
        for (u64 i = 0; {wanted}i < n; ++i) {{
{calls}
        }}"""

_OF_SAMPLE = """\
        real z = 0, square = 0, total_sq = 0;
        for (int slot = 0; slot < EACH; ++slot) {{
            if (lane + slot * LANES >= D) continue;
            const real of_all = grad_g[slot] + l2 * total * at_g[slot];
            z += data[(u64)index[0] * D + lane + slot * LANES] * at_g[slot];
            square += at_g[slot] * at_g[slot];
            total_sq += of_all * of_all;
        }}
        z = group_sum(z);
        square = group_sum(square);
        total_sq = group_sum(total_sq);
        const real y = labels[index[0]];
        const real {rise} = ({value}) + l2 / 2 * square - lowest[index[0]];
        const real {norm_sq} = total_sq == 0 ? real(1) : total_sq;"""

_OF_LENGTH = """\
        real {length_sq} = 0;
        for (int slot = 0; slot < EACH; ++slot) {{
            if (lane + slot * LANES >= D) continue;
{now}
{taken}
            const real part = {length};
            {length_sq} += part * part;
        }}
        {length_sq} = group_sum({length_sq});"""


def _read(draws: Draws, kept: str = "") -> list[str]:
    """Return the lines that name what the update reads of one coordinate, and store what is `kept`."""
    if draws.axis is not None:
        return [
            "const u64 axis = lane + slot * LANES;",
            "const real g = axis == index[0] ? grad_g[slot] + l2 * at_g[slot] : real(0);",
            f"const real {L_j.name} = axis < D ? smooth[axis] : real(1);",
        ]
    read = ["const real g = grad_g[slot] + l2 * total * at_g[slot];"]
    read += [f"const real {name} = grad_{name}[slot] + l2 * total * at_{name}[slot];" for name in draws.also]
    read += [
        f"const real {name} = grad_{name}[slot] + l2 * total * at_{along(name)}[slot];"
        for name in draws.hessian
    ]
    read += [
        f"const real {name} = coin > 0 ? grad_{name}[slot] + l2 * at_{name}[slot] : real(0);"
        for name in draws.full
    ]
    read += [f"const real {L_i.name} = smooth[index[0]];"] if draws.smoothness else []
    if draws.table:
        place = "table[(unit * n + index[0]) * D + j]"
        read += ["const int j = lane + slot * LANES;"]
        read += [
            f"const real {draws.table} = j < D ? {place} : real(0);",
            *([f"if (j < D) {place} = {kept};"] if kept else []),
        ]
    return read


def cuda_drawn_source(
    spec: Spec,
    draws: Draws,
    points: Mapping[str, Expr],
    d: int,
    lanes: int,
    shared: bool,
    kept: Expr = g,
    length: Expr | None = None,
) -> str:
    """Print the kernel.

    Parameters
    ----------
    spec
        What to compute.
    draws
        What a step reads besides g.
    points
        Where each gradient is taken, ``g`` first, and the places of `draws`: expressions in the state.
    d, lanes, shared
        As in :func:`ratebound.experiments.backends.cuda_source.cuda_source`.
    kept
        What a step stores in the table, if there is one.
    length
        The vector whose squared norm the update reads, if there is one.

    Raises
    ------
    RateboundError
        If an expression has no printing.
    """
    state = list(spec.rules)
    written = (*spec.rules.values(), kept)
    vectors = () if length is None else (length,)
    reads = {s.name for expr in (*written, *points.values(), *vectors) for s in expr.free_symbols}
    scalars = scalar_lines(reads)
    if draws.coin != 0:
        number = f"uniform(philox((u32)now, replica, {COIN}u, 0, key0, key1))"
        scalars += [f"const real {coin.name} = {number} < chance ? real(1) : real(0);"]
    if draws.every != 0:
        scalars += [f"const real {coin.name} = (now + 1) % period == 0 ? real(1) : real(0);"]

    def named(expressions: Iterable[Expr]) -> str:
        # What is not read is not named: compilers warn of it.
        seen = {s.name for expr in expressions for s in expr.free_symbols}
        return lines(3, [f"const real {name}_now = own_{name}[slot];" for name in state if name in seen])

    of_all = ["g"] if draws.axis is not None else list(draws.full)
    of_batch = [name for name in ("g", *draws.also) if name not in of_all]
    read = [*of_batch, *draws.hessian, *of_all]
    whole = [
        f"add_gradient(data + i * D, labels[i], real(1) / n, at_{name}, grad_{name});" for name in of_all
    ]
    part = [f"add_gradient(row, y, factor, at_{name}, grad_{name});" for name in of_batch]
    part += [
        f"add_product(row, y, factor, at_{name}, at_{along(name)}, grad_{name});" for name in draws.hessian
    ]
    wanted = "" if draws.axis is not None else f"{coin.name} > 0 && "
    return common(spec, lanes) + _SOURCE.format(
        d=d,
        shared=int(shared),
        weighted=int(draws.uneven),
        outcomes="n" if draws.axis is None else "D",
        one=repr(ONE),
        weighted_word=WEIGHTED,
        slope=printed(spec.slope, "cuda"),
        arguments=", ".join(f"real* state_{name}" for name in state),
        shared_data=SHARED_DATA,
        declared=lines(1, [f"real own_{name}[EACH];" for name in state]),
        loaded=lines(2, [f"own_{v}[slot] = j < D ? state_{v}[unit * D + j] : real(0);" for v in state]),
        scalars=lines(2, scalars),
        sample=SAMPLE,
        products=_PRODUCTS.format(second=printed(spec.second, "cuda")) if draws.hessian else "",
        gradients=lines(
            2,
            [
                *(f"real at_{name}[EACH];" for name in points),
                *(f"real grad_{name}[EACH] = {{0}};" for name in read),
            ],
        ),
        at=named(points.values()),
        now=named(written),
        points=lines(3, [f"at_{name}[slot] = {of_now(expr, state)};" for name, expr in points.items()]),
        of_batch=_OF_BATCH.format(calls=lines(3, part)) if part else "",
        of_all=_OF_ALL.format(wanted=wanted, calls=lines(3, whole)) if whole else "",
        of_sample=_OF_SAMPLE.format(rise=rise, norm_sq=norm_sq, value=printed(spec.value, "cuda"))
        if draws.values
        else "",
        of_length=""
        if length is None
        else _OF_LENGTH.format(
            length_sq=length_sq.name,
            now=named(vectors),
            taken=lines(3, _read(draws)),
            length=of_now(length, state),
        ),
        taken=lines(3, _read(draws, of_now(kept, state))),
        updated=lines(3, [f"own_{name}[slot] = {of_now(rule, state)};" for name, rule in spec.rules.items()]),
        stored=lines(2, [f"if (j < D) state_{v}[unit * D + j] = own_{v}[slot];" for v in state]),
    )
