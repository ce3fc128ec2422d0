"""The machine that runs PTX: it reports planted defects, passes what is right, and rounds as a GPU does."""

from fractions import Fraction

import numpy as np
import pytest
from ptx.arithmetic import dtype_of, function
from ptx.convert import conversion
from ptx.counts import Counts
from ptx.device import launch
from ptx.faults import Fault
from ptx.fused import add_to_zero, fma, fma_down
from ptx.text import entries

KERNEL = """
.version 8.0
.target sm_80
.address_size 64
.extern .shared .align 8 .b8 dynamic[];

.visible .entry kernel(
	.param .u64 kernel_param_0,
	.param .u64 kernel_param_1,
	.param .u32 kernel_param_2
)
.maxntid 128, 1, 1
{{
	.reg .pred 	%p<9>;
	.reg .b32 	%r<99>;
	.reg .f64 	%fd<9>;
	.reg .b64 	%rd<99>;
	.shared .align 8 .b8 fixed[256];
	.local .align 8 .b8 __local_depot0[16];
	.reg .b64 	%SP;
	.reg .b64 	%SPL;

	ld.param.u64 	%rd1, [kernel_param_0];
	ld.param.u64 	%rd2, [kernel_param_1];
	ld.param.u32 	%r1, [kernel_param_2];
	cvta.to.global.u64 	%rd3, %rd1;
	cvta.to.global.u64 	%rd4, %rd2;
	mov.u32 	%r2, %tid.x;
	mov.u32 	%r3, %ctaid.x;
	mov.u32 	%r4, %ntid.x;
	mad.lo.s32 	%r5, %r3, %r4, %r2;
	mul.wide.u32 	%rd5, %r5, 4;
	add.s64 	%rd6, %rd3, %rd5;
	add.s64 	%rd7, %rd4, %rd5;
	shl.b32 	%r6, %r2, 2;
	mov.u32 	%r7, fixed;
	add.s32 	%r8, %r7, %r6;
	xor.b32 	%r9, %r6, 4;
	add.s32 	%r10, %r7, %r9;
	setp.lt.u32 	%p1, %r2, %r1;
	ld.global.u32 	%r11, [%rd6];
{body}
	ret;
}}
"""
"""%r2 is the thread of the block, %r5 of the grid; %rd6 and %rd7 are its words of the two buffers, %r8 and
%r10 those of it and of its neighbour in shared memory; %p1 holds for some threads, %r11 is its number."""


def run(body, number=10, blocks=1, block=64, shared=0, size=None, counts=None):
    """Run a body on the words 0, 1, ... and return what it wrote into the second buffer."""
    body = body.replace("; ", ";\n").replace(": ", ":\n")
    given = np.arange(blocks * block if size is None else size, dtype=np.uint32)
    found = np.zeros(blocks * block, np.uint32)
    arguments = {"given": given, "found": found, "number": np.uint32(number)}
    launch(entries(KERNEL.format(body=body))["kernel"], blocks, block, shared, arguments, {"given"}, counts)
    return found


MEET = "bar.sync 0; "
WRITE = "st.global.u32 [%rd7], %r20; "
SHARED = "st.shared.u32 [%r8], %r11; "
NEIGHBOUR = "ld.shared.u32 %r20, [%r10]; "
FIRST_ONLY = "@!%p1 bra $over; {}$over: "
SHUFFLE = "shfl.sync.bfly.b32 %r20|%p2, %r11, {}, 31, {}; "


@pytest.mark.parametrize(
    ("body", "message", "options"),
    [
        (SHARED + NEIGHBOUR + WRITE, "race: it reads what thread 1 of the grid wrote", {}),
        (SHARED + SHUFFLE.format(1, -1) + NEIGHBOUR, "race: it reads what thread", {}),
        # A warp that met knows nothing of another one.
        (SHARED + "bar.warp.sync -1; xor.b32 %r9, %r8, 128; ld.shared.u32 %r20, [%r9]; ", "race", {}),
        (SHARED + MEET + NEIGHBOUR + SHARED, "race: it overwrites what thread 1 of its block read", {}),
        (SHARED + "st.shared.u32 [%r10], %r11; ", "race: it overwrites what thread", {}),
        ("st.global.u32 [%rd4], %r11; ", "writes the same word at the same time", {}),
        ("st.global.u32 [%rd7], %r11; bar.sync 0; xor.b64 %rd8, %rd5, 256; add.s64 %rd8, %rd8, %rd4; "
         "ld.global.u32 %r20, [%rd8]; ", "race: it reads what thread 64 of the grid wrote", {"blocks": 2}),
        ("", "4 bytes at 128 of buffer given, which has 128, are out of bounds", {"size": 32}),
        ("ld.global.u32 %r20, [%rd6+-4]; ", "4 bytes at -4 of buffer given", {}),
        ("ld.global.u32 %r20, [%rd7+65536]; ", "out of bounds", {}),
        ("ld.global.v2.u32 {%r20, %r21}, [%rd6]; ", "thread 1 of block 0: 8 bytes at .* are misaligned", {}),
        ("ld.shared.f64 %fd1, [%r8+4]; ", "8 bytes at 0x4 of shared memory are misaligned", {}),
        ("st.global.u32 [%rd6], %r11; ", "buffer given is written, which is only to be read", {}),
        ("ld.global.nc.u32 %r20, [%rd7]; ", "read as a constant", {}),
        (NEIGHBOUR, "is read and was never written", {}),
        (FIRST_ONLY.format(SHARED) + MEET + NEIGHBOUR, "thread 10 .* was never written", {}),
        ("ld.shared.u32 %r20, [%r8+256]; ", "4 bytes at 256 of 256 bytes of shared", {}),
        ("ld.shared.u32 %r20, [dynamic+64]; ", "4 bytes at 320 of 320 bytes of shared", {"shared": 64}),
        ("mov.u64 %rd8, __local_depot0; ld.local.u32 %r20, [%rd8]; ", "was never written", {}),
        ("st.global.u32 [%rd7], %r30; ", "register %r30 is read and was never written", {}),
        ("add.s32 %r20, %r30, 1; " + WRITE, "register %r20 is read and was never written", {}),
        ("setp.eq.s32 %p3, %r30, 1; @%p3 bra $end; $end: ", "register %p3 is read", {}),
        (FIRST_ONLY.format(MEET) + MEET, "in vain for others: 10 threads of its block have come", {}),
        ("@%p1 bra $end; ret; $end: " + MEET, "in vain for others: 10 threads of its block have come", {}),
        (FIRST_ONLY.format(SHUFFLE.format(1, -1)) + "bar.warp.sync -1; ", "10 threads of its warp have", {}),
        (FIRST_ONLY.format(SHUFFLE.format(16, 1023)), "reads lane 16, which takes no part", {}),
        ("div.u32 %r20, %r1, %r11; ", "thread 0 of block 0: it divides by zero", {}),
        ("bar.warp.sync 1; ", "thread 1 of block 0: it is not in its own mask 0x1", {}),
        # Lane 16 has ended.
        (FIRST_ONLY.format(SHUFFLE.format(16, -1)), "reads lane 16, which takes no part", {}),
    ],
)  # fmt: skip
def test_what_must_not_be_is_reported(body, message, options):
    with pytest.raises(Fault, match=message):
        run(body, **options)


def test_a_fault_names_the_line_and_the_thread():
    with pytest.raises(Fault, match=r"line \d+: ld.global.u32 %r11, \[%rd6\]: thread 7 of block 1: 4 bytes"):
        run("", blocks=2, size=71)


THREADS = np.arange(64)
NEIGHBOURS = THREADS ^ 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SHARED + MEET + NEIGHBOUR + MEET + SHARED, NEIGHBOURS),
        (SHARED + "bar.warp.sync -1; " + NEIGHBOUR, NEIGHBOURS),
        (SHUFFLE.format(1, -1), NEIGHBOURS),
        # The others have ended, and are waited for no longer.
        (FIRST_ONLY.format(SHUFFLE.format(1, -1) + WRITE + "ret; ") + "ret; ",
         np.where(THREADS < 10, NEIGHBOURS, 0)),
        # Halves of a warp that meet apart.
        ("mov.u32 %r22, 65535; and.b32 %r23, %r2, 16; shl.b32 %r22, %r22, %r23; " + SHUFFLE.format(1, "%r22"),
         NEIGHBOURS),
        ("shfl.sync.idx.b32 %r20|%p2, %r11, 2, 7199, -1; ", THREADS // 4 * 4 + 2),
        ("shfl.sync.down.b32 %r20|%p2, %r11, 1, 31, -1; ", THREADS + (THREADS % 32 < 31)),
        ("shfl.sync.up.b32 %r20|%p2, %r11, 1, 0, -1; ", THREADS - (THREADS % 32 > 0)),
        ("setp.lt.u32 %p2, %r2, 3; vote.sync.ballot.b32 %r20, %p2, -1; ", np.where(THREADS < 32, 7, 0)),
        # Speculation: of two numbers one means nothing, and the other one is taken.
        ("add.s32 %r21, %r30, 1; setp.lt.u32 %p2, %r2, 64; "
         "selp.b32 %r20, %r11, %r21, %p2; ", THREADS),
        ("mov.u64 %rd8, __local_depot0; st.local.u32 [%rd8+4], %r11; ld.local.u32 %r20, [%rd8+4]; ", THREADS),
        ("mov.u64 %SPL, __local_depot0; cvta.local.u64 %SP, %SPL; st.u32 [%SP+8], %r11; "
         "ld.u32 %r20, [%SP+8]; ", THREADS),
        # Loops of different lengths.
        ("mov.u32 %r20, 0; $loop: add.s32 %r20, %r20, 1; setp.le.u32 %p2, %r20, %r2; @%p2 bra $loop; ",
         THREADS + 1),
    ],
)  # fmt: skip
def test_what_is_right_passes(body, expected):
    np.testing.assert_array_equal(run(body + WRITE), expected)


def test_a_run_is_counted():
    counts = Counts()
    run(SHARED + "bar.sync 0; shl.b32 %r9, %r6, 1; and.b32 %r9, %r9, 255; add.s32 %r9, %r9, %r7; "
        "ld.shared.u32 %r20, [%r9]; " + WRITE, counts=counts)  # fmt: skip
    assert [counts.instructions[kind] for kind in ("LDG", "STS", "barrier", "LDS", "STG")] == [2] * 5
    # Words that lie side by side; every second one, of which two lie in each bank.
    assert counts.sectors == {"LDG": 8, "STG": 8}
    assert counts.rounds == {"STS": 2, "LDS": 4} and counts.least_rounds == {"STS": 2, "LDS": 2}


def numbers(dtype, count=3000):
    rng = np.random.default_rng(0)
    words = rng.integers(0, 2**32, (3, count), np.uint64) << np.uint64(32) | rng.integers(
        0, 2**32, (3, count), np.uint64
    )
    a, b, c = (2.0 ** rng.integers(-30, 30, (3, count)) * (words / 2.0**63 - 1)).astype(dtype)
    # Sums that nearly vanish show what a product lost.
    c[::2] = -(a * b)[::2]
    return a, b, c


def exactly(a, b, c):
    return Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))


def nearest(exact, dtype):
    """The float nearest to a fraction: of double precision it is Python's, of single it is looked for."""
    if dtype == np.float64:
        return float(exact)
    near = np.float32(float(exact))
    around = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]
    least = min(abs(Fraction(float(each)) - exact) for each in around)
    ties = [each for each in around if abs(Fraction(float(each)) - exact) == least]
    return min(ties, key=lambda each: int(each.view(np.uint32)) & 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_and_sums_are_rounded_once(dtype):
    a, b, c = numbers(dtype)
    exact = [exactly(x, y, z) for x, y, z in zip(a, b, c, strict=True)]
    np.testing.assert_array_equal(fma(a, b, c), [nearest(each, dtype) for each in exact])


def test_rounding_down_and_towards_zero():
    a, b, c = numbers(np.float32)
    of_products = [exactly(x, y, z) for x, y, z in zip(a, b, c, strict=True)]
    of_sums = [exactly(x, 1, z) for x, z in zip(a, c, strict=True)]
    for exact, least in zip(of_products, fma_down(a, b, c), strict=True):
        assert Fraction(float(least)) <= exact < Fraction(float(np.nextafter(least, np.float32(np.inf))))
    for exact, near in zip(of_sums, add_to_zero(a, c), strict=True):
        beyond = np.nextafter(near, np.float32(np.copysign(np.inf, float(exact))))
        assert abs(Fraction(float(near))) <= abs(exact) < abs(Fraction(float(beyond)))


WORDS = [0, 1, 5, 2**31 - 1, 2**31, 2**32 - 1, 0xD2511F53]


@pytest.mark.parametrize(
    ("opcode", "expected"),
    [
        ("mul.hi.u32", lambda a, b: a * b >> 32),
        ("mul.wide.u32", lambda a, b: a * b),
        ("mul.lo.s32", lambda a, b: a * b % 2**32),
        ("mul.hi.u64", lambda a, b: (a * 2**31) * (b * 2**30) >> 64),
        ("setp.lo.u32", lambda a, b: a < b),
        ("sub.s32", lambda a, b: (a - b) % 2**32),
        ("rem.u32", lambda a, b: a % b if b else a * 0),
    ],
)
def test_whole_numbers(opcode, expected):
    parts = tuple(opcode.split("."))
    a, b = (each.ravel() for each in np.meshgrid(np.array(WORDS, np.uint64), np.array(WORDS, np.uint64)))
    scales = (2**31, 2**30) if "64" in opcode else (1, 1)
    given = [
        (each * np.uint64(s)).astype(dtype_of(parts[-1])) for each, s in zip((a, b), scales, strict=True)
    ]
    found = function(parts)(*given)
    unsigned = found if found.dtype == bool else found.view(f"u{found.itemsize}")
    assert unsigned.tolist() == [expected(int(x), int(y)) for x, y in zip(a, b, strict=True)]


def test_comparisons_of_nan():
    a, b = np.array([1.0, np.nan, 2.0]), np.array([2.0, 1.0, 2.0])
    holds = {
        "ne": [1, 0, 0],
        "neu": [1, 1, 0],
        "ltu": [1, 1, 0],
        "lt": [1, 0, 0],
        "nan": [0, 1, 0],
        "geu": [0, 1, 1],
    }
    for name, expected in holds.items():
        assert function(("setp", name, "f64"))(a, b).tolist() == [bool(each) for each in expected]
    assert function(("max", "f64"))(a, b).tolist() == [2.0, 1.0, 2.0]


def test_conversions():
    f8, s4, u8 = map(np.dtype, ("f8", "i4", "u8"))
    with np.errstate(invalid="ignore"):
        whole = conversion(("cvt", "rni", "s32", "f64"), f8, s4)(np.array([2.5, -3.5, 1e10, -1e10, np.nan]))
    assert whole.tolist() == [2, -4, 2**31 - 1, -(2**31), 0]
    assert conversion(("cvt", "rn", "f64", "u64"), u8, f8)(np.array([2**64 - 1], u8)).tolist() == [2.0**64]
    assert conversion(("cvt", "u64", "s32"), s4, u8)(np.array([-1], s4)).tolist() == [2**64 - 1]
    assert (
        function(("bfi", "b64"))(
            np.array([5], u8), np.array([0xFF00], u8), np.array([4], "u4"), np.array([3], "u4")
        )
        == 0xFF50
    )


@pytest.mark.parametrize(
    "line",
    ["mystery.u32 %r20, %r11", "add.cc.u32 %r20, %r11, 1", "sqrt.approx.f64 %fd1, 0d3FF0000000000000",
     "bar.sync 0, 32", "setp.eq.u32 %p1|%p2, %r11, 1", "cvt.rz.f32.f64 %r20, 0d3FF0000000000000"],
)  # fmt: skip
def test_what_the_machine_does_not_know_it_refuses(line):
    with pytest.raises(NotImplementedError, match=line.split()[0]):
        run(f"{line}; ")


def test_instructions_are_named_by_their_lines():
    with pytest.raises(NotImplementedError, match=r"does not know line 42: mystery\.u32 %r20, %r11"):
        run("mystery.u32 %r20, %r11; ")
