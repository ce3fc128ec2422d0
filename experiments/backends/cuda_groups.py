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

// The lanes of one group in their warp.
__device__ __forceinline__ u32 group_mask() {{
    const u32 own = LANES == 32 ? 0xFFFFFFFFu : (1u << (LANES % 32)) - 1u;
    return own << (threadIdx.x % 32 / LANES * LANES);
}}

// The sum over the lanes of one group, in each of them.
__device__ __forceinline__ real group_sum(real value) {{
    const u32 lanes = group_mask();
    for (int offset = LANES / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(lanes, value, offset, LANES);
    return value;
}}
"""


def head(title: str, dtype: str) -> str:
    """Print the beginning of a module: what it computes, in words, and the numbers that it computes with."""
    return _HEAD.format(title=title, real={"float64": "double", "float32": "float"}[dtype])


def groups(lanes: int) -> str:
    """Print the sums over groups of so many threads: 1, 2, 4, 8, 16 or 32."""
    return _GROUPS.format(lanes=lanes)


def lanes_of(d: int) -> int:
    """Return how many threads share a sum of d terms: more where there is more to add up."""
    # From the latencies of shuffles and of the memory paths; not measured.
    return next((lanes for limit, lanes in ((3, 1), (32, 4), (127, 8)) if d <= limit), 32)
