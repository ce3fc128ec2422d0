"""What compilers say of the printed CUDA kernels: their iterates stay in registers. No GPU is needed."""

from dataclasses import replace

import pytest
from house import ROOT


@pytest.fixture
def static(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import kernels_static

    return kernels_static


# E runs the kernel of A.
@pytest.mark.parametrize("letter", "ABCF")
def test_nothing_of_a_step_leaves_the_registers(static, letter):
    # What a kernel is printed from, of less data.
    workload = static.WORKLOADS[letter]
    workload = replace(workload, n=500) if letter == "F" else workload
    one = static.kernel(workload, "float64", static.CARDS[90])
    answer = static.compiled(one.source, 90)
    if answer is None:
        pytest.skip("there is neither NVRTC nor an nvcc that knows sm_90")
    found, _ = answer
    assert found["frame"] == found["stores"] == found["loads"] == 0
    # A block finds registers.
    block, warps = static.occupancy(found, one, static.CARDS[90])
    assert 32 * warps >= block >= 128


def test_local_memory_is_no_more_than_was_set_aside(static):
    from ratebound.experiments.backends.cuda_ import cuda_engine
    from ratebound.experiments.backends.pieces import bytes_of_thread

    given = static.plan_of(replace(static.WORKLOADS["A"], n=40, replicas=2), 2)
    given = replace(given, batch=32, replacement=False)
    device = static.Printing(static.CARDS[90])
    answer = static.compiled(cuda_engine(given, device)._source, 90)
    if answer is None:
        pytest.skip("there is neither NVRTC nor an nvcc that knows sm_90")
    assert 0 < answer[0]["frame"] <= bytes_of_thread(given, device.lanes(given.problem.d))


def test_a_step_is_counted_in_the_machine_code(static):
    text = """
    .L_x_1: LDG R1 ;
    .L_x_2: IMAD.WIDE.U32 R2, R2, -0x2daee0ad, RZ ; LOP3.LUT R2 ;
    .L_x_3: IADD3 R4 ; @P1 BRA `(.L_x_3) ;
    LDS.64 R4 ; @!P0 DFMA R4 ; SHFL.BFLY R5 ; DADD R5 ; @P0 BRA `(.L_x_2) ; STG R5 ;
    """
    lines = [part.strip() for part in text.replace(":", ":\n").replace(";", ";\n").splitlines()]
    one = static.Kernel("#define LANES 4\n#define TOGETHER 4\n#define STRIDE 20\n", 256, 0)
    counts = static.step([line for line in lines if line], one)
    # Philox every fourth time, and the loop that skips words never.
    assert counts["all"] == 5 + 2 / 4 and counts["Philox"] == 2 / 4
    assert [counts[kind] for kind in ("FP64", "SHFL", "LDS", "LDG", "STG")] == [2, 1, 1, 0, 0]
    least = static.cycles(counts, one, "float64")
    assert least["float64"] == 2 / 2 / 8 and least["exchange"] == 1 / 8
