"""What a step of the printed kernels does, counted by a run of their PTX, against counts by hand."""

from dataclasses import replace

import pytest
from house import ROOT


@pytest.mark.parametrize(("dtype", "words"), [("float64", 2), ("float32", 1)])
def test_a_step_exchanges_and_reads_what_it_must(dtype, words, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import kernels_executed as executed
    from ptx.compiler import compiler

    if compiler() is None:
        pytest.skip("there is neither NVRTC nor an nvcc that prints PTX")
    workload = replace(executed.WORKLOADS["A"], n=40)
    runs = [executed.counted(workload, dtype, executed.CARDS[90], steps)[0] for steps in (4, 12)]
    more = runs[1].instructions - runs[0].instructions
    warps = 8 * executed.BLOCK // 32
    # 20 features for 4 lanes: 5 numbers of a row and its label, two exchanges of sums, the step size.
    assert (more["LDS"], more["SHFL"], more["LDG"]) == (6 * warps, 2 * words * warps, warps)
    assert more["STG"] == more["STS"] == more["local"] == more["barrier"] == 0
    assert runs[1].sectors["LDG"] - runs[0].sectors["LDG"] == warps
    # Eight replicas read different rows of an odd multiple of 4 numbers: they meet in all banks or in none.
    rounds = (runs[1].rounds["LDS"] - runs[0].rounds["LDS"]) / warps
    assert 6 * words < rounds <= 6 * words * 8
