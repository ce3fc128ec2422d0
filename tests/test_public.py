"""The public names: they exist, they are what they say, and cost nothing until they are used."""

import subprocess
import sys

import pytest

import ratebound as rb

HEAVY = ("numpy", "sympy", "scipy", "matplotlib", "numba", "xarray", "sklearn", "rich", "scipy.optimize")


def loaded_after(code):
    """Which heavy packages a fresh interpreter has loaded after running some code."""
    report = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True, timeout=120
    )
    return run.stdout.splitlines()[-1].split()


@pytest.mark.parametrize(
    "code",
    [
        "import ratebound",
        "import ratebound.plugin",
        "import ratebound.problems",
        "import ratebound as rb; rb.problems; rb.RateboundError; dir(rb)",
        "from ratebound.cli import cli; cli(['--help'], standalone_mode=False)",
        "from ratebound.cli import cli; cli(['verify', '--help'], standalone_mode=False)",
        "from ratebound.cli import cli; cli(['--version'], standalone_mode=False)",
    ],
)
def test_nothing_heavy_is_loaded(code):
    assert loaded_after(code) == []


def test_theorems_need_sympy_only():
    assert loaded_after("import ratebound as rb; rb.theorems['gd_pl']") == ["sympy"]


def test_engines_do_without_optimisers():
    code = "from ratebound.experiments.backends import numba_; import ratebound.problems.build"
    assert loaded_after(code) == ["numpy", "sympy", "scipy", "numba"]


def test_verdicts_and_records_do_without_statistics_and_tables():
    code = "import ratebound.experiments.verify, ratebound.experiments.adversary.tightness"
    assert loaded_after(code) == ["numpy", "sympy"]


@pytest.mark.parametrize("name", rb.__all__)
def test_public_names_exist(name):
    assert getattr(rb, name) is not None
    assert name in dir(rb)


@pytest.mark.parametrize("name", rb.problems.__all__)
def test_builders_of_problems_exist(name):
    assert callable(getattr(rb.problems, name))


@pytest.mark.parametrize("module", [rb, rb.problems])
def test_other_names_do_not(module):
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = module.nonsense


def test_one_class_under_both_names():
    from ratebound.theory.statement import Theorem

    assert rb.Theorem is Theorem
    assert isinstance(rb.theorems["gd_pl"], rb.Theorem)
    assert isinstance(rb.problems.load("diabetes"), rb.Problem)


def test_theorems_are_read_only():
    with pytest.raises(TypeError):
        rb.theorems["mine"] = rb.theorems["gd_pl"]


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert rb.__version__ == version("ratebound")
