"""Numbers that a user passes."""

import numpy as np
import pytest

from ratebound.experiments.checks import whole
from ratebound.theory.errors import RateboundError


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_what_is_no_whole_number(value):
    with pytest.raises(RateboundError, match=r"batch = .* is not an integer"):
        whole("batch", value, 1)


def test_whole_numbers_of_numpy():
    assert whole("batch", np.int64(3), 1) == 3
