"""Where arrays start."""

import pytest

from ratebound.experiments.backends.aligned import aligned


@pytest.mark.parametrize(("shape", "dtype", "start"), [
    ((3, 5), "float64", 64),
    ((7,), "float32", 64),
    ((2**15,), "float64", 2**21),
    ((300, 1001), "float32", 2**21),
])  # fmt: skip
def test_zeros_start_at_a_line_or_a_large_page(shape, dtype, start):
    made = aligned(shape, dtype)
    assert made.shape == shape and made.dtype == dtype and not made.any()
    assert made.ctypes.data % start == 0 and made.flags.c_contiguous
