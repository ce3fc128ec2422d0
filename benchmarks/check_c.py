"""Whether the C kernels compute what ratebound's NumPy engine computes, from the same samples, to rounding.

``python check_c.py ABCDEF`` prints the largest difference of the iterates, relative to the largest of them.
"""

import sys
from dataclasses import replace

from engine_c import kernel_of
from engine_ratebound import plan_of
from workloads import WORKLOADS

from ratebound.experiments.backends.numpy_ import NumpyEngine

STEPS = 1000
"""Of the steps of a workload these are compared: about a second of the NumPy engine."""
ROUNDING = 1e-11


def difference(workload):
    """Return the largest difference, or None where there is no kernel.

    Raises
    ------
    ImportError
        If no compiler is at hand that takes the kernels.
    """
    short = replace(workload, steps=min(STEPS, workload.steps))
    kernel = kernel_of(short)
    if kernel is None:
        return None
    kernel.run()
    reference = NumpyEngine(plan_of(short, short.steps))
    reference.advance(0, short.steps)
    expected = reference.points()
    return abs(kernel.points() - expected).max() / abs(expected).max()


def fault(workload):
    """Return what is wrong with the kernel of a workload, as words, or None."""
    found = difference(workload)
    agrees = found is None or found <= ROUNDING
    return None if agrees else f"its iterates differ from NumPy's by {found:.1e}, not {ROUNDING:.0e}"


if __name__ == "__main__":
    for name in sys.argv[1]:
        print(name, difference(WORKLOADS[name]))
