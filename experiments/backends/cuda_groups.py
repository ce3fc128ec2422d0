"""What printed CUDA modules begin with: their numbers, and groups of lanes that add up together."""

from __future__ import annotations

_HEAD = """// {title}

typedef {real} real;
typedef unsigned int u32;
typedef unsigned long long u64;

// The larger and the smaller of two, nan if one of them is.
__device__ __forceinline__ real larger(real a, real b) {{ return a > b || a != a ? a : b; }}
__device__ __forceinline__ real smaller(real a, real b) {{ return a < b || a != a ? a : b; }}
"""

_GROUPS = """
#define LANES {lanes}      // threads that work together
#define APART {apart}       // whether groups of one warp may take different ways

// The lanes of the group.
__device__ __forceinline__ u32 own_group() {{
    const u32 first = LANES == 32 ? 0xFFFFFFFFu : (1u << (LANES % 32)) - 1u;
    return first << (threadIdx.x % 32 / LANES * LANES);
}}

// The lanes that must meet: those of the group, or all that are left in the warp. The compiler cannot
// know that a mask which is computed is the same in all lanes of a group, and has every exchange check it.
__device__ __forceinline__ u32 meeting() {{
    return APART ? own_group() : 0xFFFFFFFFu;
}}

// Each of several values becomes its sum over the lanes of one group, in each of them. Side by side, for an
// exchange takes long and the next need not wait for it.
template <int COUNT> __device__ __forceinline__ void group_sums(real* values) {{
#pragma unroll
    for (int offset = LANES / 2; offset > 0; offset /= 2)
#pragma unroll
        for (int i = 0; i < COUNT; ++i) values[i] += __shfl_xor_sync(meeting(), values[i], offset, LANES);
}}

__device__ __forceinline__ real group_sum(real value) {{
    group_sums<1>(&value);
    return value;
}}
"""


def head(title: str, dtype: str) -> str:
    """Print the beginning of a module: what it computes, in words, and the numbers that it computes with."""
    return _HEAD.format(title=title, real={"float64": "double", "float32": "float"}[dtype])


def groups(lanes: int, apart: bool = False) -> str:
    """Print the sums over groups of so many threads: 1, 2, 4, 8, 16 or 32.

    `apart` says whether groups of one warp may take different ways to a sum.
    """
    return _GROUPS.format(lanes=lanes, apart=int(apart))
