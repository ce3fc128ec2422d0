"""The text of the CUDA kernel of methods with draws, with places for what is printed."""

from __future__ import annotations

DENSE_ROWS = """\
#define PLACE slot              // where a lane has the numbers of a slot
#define ROW(i) Row{data + (u64)(i) * STRIDE}

struct Row { const real* numbers; };

// The product of a row and a vector, in every lane of a replica.
__device__ __forceinline__ real product(Row row, const real* at) {
    const int lane = threadIdx.x % LANES;
    real z = 0;
    for (int slot = 0; slot < EACH; ++slot)
        if (lane + slot * LANES < D) z += row.numbers[lane + slot * LANES] * at[slot];
    return group_sum(z);
}

// Add a multiple of a row to a vector.
__device__ __forceinline__ void add(Row row, real s, real* sum) {
    const int lane = threadIdx.x % LANES;
    for (int slot = 0; slot < EACH; ++slot)
        if (lane + slot * LANES < D) sum[slot] += s * row.numbers[lane + slot * LANES];
}
"""
"""Rows of numbers; vectors lie in the registers of their lanes."""

SPARSE_ROWS = """\
#define PLACE lane + slot * LANES   // where the numbers of a slot lie in a vector
#define ROW(i) Row{starts[i], starts[(i) + 1], columns, entries}

struct Row { u64 first, last; const u32* columns; const real* entries; };

// The product of a row and a vector, in every lane of a replica.
__device__ __forceinline__ real product(Row row, const real* at) {
    real z = 0;
    for (u64 e = row.first + threadIdx.x % LANES; e < row.last; e += LANES)
        z += row.entries[e] * at[row.columns[e]];
    return group_sum(z);
}

// Add a multiple of a row to a vector: its columns differ, so that lanes never write to the same place.
__device__ __forceinline__ void add(Row row, real s, real* sum) {
    for (u64 e = row.first + threadIdx.x % LANES; e < row.last; e += LANES)
        sum[row.columns[e]] += s * row.entries[e];
    __syncwarp(meeting());
}
"""
"""Rows of entries; vectors lie in global memory, where every lane finds every column."""

SOURCE = """
#define D {d}          // features
#define SHARED {shared}     // whether the data lie in shared memory
#define STRIDE {stride}     // from a row to the next one
#define WEIGHTED {weighted}   // whether samples, or axes, are drawn by their probabilities
#define SPARSE {sparse}     // whether rows are given by their entries
#define EACH ((D + LANES - 1) / LANES)

{rows}
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
__device__ __forceinline__ void add_gradient(Row row, real y, real factor, const real* at, real* sum) {{
    const real z = product(row, at);
    add(row, factor * ({slope}), sum);
}}

{products}extern "C" __global__ void __launch_bounds__({bounds}) advance(
    u64 start, u64 stop, u64 units, u64 n, {data}, const real* labels, real l2,
    const real* alphas, u64 alphas_stride, u64 alphas_move, const real* weights, u64 weights_stride,
    u64 weights_move, const u32* replicas, const u32* schedules, u32 key0, u32 key1, u32* orders,
    u64 shuffled, double chance, u64 period, const double* ends, const real* scale, const real* smooth,
    const real* lowest, real* table, {arguments})
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
#if !WEIGHTED
{sampler}
#endif
{schedules}
    for (u64 now = start; now < stop; ++now) {{
{scalars}
#if !WEIGHTED
{draws}
#endif
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
#if SPARSE
        __syncwarp(meeting());
#endif
{of_batch}
{of_batch_again}
{of_all}
{of_sample}
{of_table}
{of_length}
        for (int slot = 0; slot < EACH; ++slot) {{
{now}
{taken}
{updated}
        }}
{stored_again}
    }}
    for (int slot = 0; slot < EACH; ++slot) {{
        const int j = lane + slot * LANES;
{stored}
    }}
}}
"""
PRODUCTS = """\
// Add a multiple of the Hessian of one loss at a point, times a vector.
__device__ __forceinline__ void add_product(
    Row row, real y, real factor, const real* at, const real* along, real* sum)
{{
    const real z = product(row, at), met = product(row, along);
    add(row, factor * ({second}) * met, sum);
}}

"""
OF_BATCH = """\
        real total = 0;
        for (int q = 0; q < BATCH; ++q) {{
            const Row row = ROW(index[q]);
            const real y = labels[index[q]];
            const real factor = scale[index[q]] * (real(1) / BATCH);
            total += factor;
{calls}
        }}"""
OF_BATCH_AGAIN = """\
        for (int slot = 0; slot < EACH; ++slot) {{
{at}
            const real g = grad_g[PLACE] + l2 * total * at_g[PLACE];
{points}
        }}
#if SPARSE
        __syncwarp(meeting());
#endif
        for (int q = 0; q < BATCH; ++q) {{
            const Row row = ROW(index[q]);
            const real y = labels[index[q]];
            const real factor = scale[index[q]] * (real(1) / BATCH);
{calls}
        }}"""
"""The gradients of the same batch where g leads."""
OF_ALL = """\
        for (u64 i = 0; {wanted}i < n; ++i) {{
{calls}
        }}"""

OF_SAMPLE = """\
        const real z = product(ROW(index[0]), at_g);
#if SPARSE
        // The next step moves at_g, which other lanes have read: sums put no order on memory.
        __syncwarp(meeting());
#endif
        real square = 0, total_sq = 0;
        for (int slot = 0; slot < EACH; ++slot) {{
            if (lane + slot * LANES >= D) continue;
            const real of_all = grad_g[PLACE] + l2 * total * at_g[PLACE];
            square += at_g[PLACE] * at_g[PLACE];
            total_sq += of_all * of_all;
        }}
        square = group_sum(square);
        total_sq = group_sum(total_sq);
        const real y = labels[index[0]];
        const real {rise} = ({value}) + l2 / 2 * square - lowest[index[0]];
        const real {norm_sq} = total_sq == 0 ? real(1) : total_sq;"""

OF_TABLE = """\
        add(ROW(index[0]), table[unit * n + index[0]], stored);"""
"""The number that is stored for the sample, as a vector."""

STORED_AGAIN = """\
        __syncwarp(meeting());
        const Row kept_row = ROW(index[0]);
        const real met = product(kept_row, stored);
        real norm = 0;
        for (u64 e = kept_row.first + lane; e < kept_row.last; e += LANES)
            norm += kept_row.entries[e] * kept_row.entries[e];
        norm = group_sum(norm);
        if (lane == 0) table[unit * n + index[0]] = norm > 0 ? met / norm : met;
        __syncwarp(meeting());"""
"""The vector that is stored, as a number."""

OF_LENGTH = """\
        real {length_sq} = 0;
        for (int slot = 0; slot < EACH; ++slot) {{
            if (lane + slot * LANES >= D) continue;
{now}
{taken}
            const real part = {length};
            {length_sq} += part * part;
        }}
        {length_sq} = group_sum({length_sq});"""
