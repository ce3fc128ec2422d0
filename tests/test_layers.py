"""Imports point one way only: theory <- problems <- experiments <- reports <- the face."""

import pytest
from house import FACE, LAYERS, files, imported, name

ALLOWED = {
    "theory": ("theory",),
    "problems": ("theory", "problems"),
    "experiments": ("theory", "problems", "experiments"),
    "reports": ("theory", "reports", "experiments.record"),
}
NUMERICAL = {"numpy", "scipy", "numba", "cupy", "xarray", "sklearn", "pandas", "matplotlib"}
SOURCES = [(layer, path) for layer in LAYERS for path in files(layer)]


def below(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


@pytest.mark.parametrize(("layer", "path"), SOURCES, ids=[name(path) for _, path in SOURCES])
def test_a_layer_imports_only_itself_and_those_below(layer, path):
    allowed = [f"ratebound.{package}" for package in ALLOWED[layer]]
    wrong = [
        f"line {line}: {module}"
        for line, module in imported(path)
        if below(module, "ratebound") and not any(below(module, package) for package in allowed)
    ]
    assert not wrong


@pytest.mark.parametrize("path", files(*LAYERS, FACE, "examples", "benchmarks", "tests"), ids=name)
def test_imports_are_absolute_and_name_the_package(path):
    bare = [
        f"line {line}: {module}"
        for line, module in imported(path)
        if module.startswith(".") or module.split(".")[0] in LAYERS
    ]
    assert not bare, (
        "write `from ratebound.theory import ...`: a bare name loads a second copy of every class"
    )


@pytest.mark.parametrize("path", files("theory"), ids=name)
def test_the_theory_knows_no_numerics(path):
    assert not NUMERICAL & {module.split(".")[0] for _, module in imported(path)}


@pytest.mark.parametrize("path", files("theory", "problems", "experiments"), ids=name)
def test_only_reports_draw(path):
    assert not {"matplotlib", "rich", "click"} & {module.split(".")[0] for _, module in imported(path)}


def test_a_wrong_import_is_seen(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f():\n    from ratebound.experiments import run\n    from . import x\n", "utf-8")
    assert list(imported(wrong)) == [(2, "ratebound.experiments.run"), (3, "..x")]
