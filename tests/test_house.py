"""Rules of the house that a reader should not have to check by eye."""

import ast
import re

import pytest
from house import FACE, LAYERS, ROOT, files, name

SHIPPED = files(*LAYERS, FACE)
EVERYTHING = files(*LAYERS, FACE, "tests", "examples", "benchmarks")
TEXTS = [
    *EVERYTHING,
    *(
        path
        for pattern in ("*.md", "*.toml", "*.txt", "Makefile", ".ci/*", "docs/**/*.md")
        for path in sorted(ROOT.glob(pattern))
    ),
]
LONGEST = 320
# Where a checkout or a home folder of some machine would begin.
MACHINE_PATH = re.compile(r"""(?<![\w.$}~/-])/(?:home|root|work|Users|mnt|workspace)/\w""")
GLOBAL_RANDOMNESS = {
    "seed",
    "rand",
    "randn",
    "random",
    "normal",
    "uniform",
    "randint",
    "choice",
    "shuffle",
    "permutation",
}


def calls(path):
    return [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]


def called(node):
    """The dotted name that a call names, such as ``np.random.rand``."""
    parts, at = [], node.func
    while isinstance(at, ast.Attribute):
        parts.append(at.attr)
        at = at.value
    return ".".join(reversed([*parts, at.id])) if isinstance(at, ast.Name) else ""


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


EVALUATORS = {"eval", "sympify", "S", "parse_expr"}
CHECKED = {"problems/losses.py": {"S"}}
"""Calls on a value that was checked to be a number before."""


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_no_text_is_evaluated(path):
    used = {called(node).removeprefix("sympy.").removeprefix("builtins.") for node in calls(path)}
    assert not used & EVALUATORS - CHECKED.get(name(path), set())


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_randomness_flows_from_a_seed(path):
    wrong = [
        called(node)
        for node in calls(path)
        if re.fullmatch(r"(np|numpy)\.random\.\w+", called(node))
        and called(node).split(".")[-1] in GLOBAL_RANDOMNESS
    ]
    unseeded = [node.lineno for node in calls(path) if called(node).endswith("default_rng") and not node.args]
    assert not wrong
    assert not unseeded, "default_rng() without a seed cannot be repeated"


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_no_file_knows_a_machine(path):
    assert not MACHINE_PATH.search(path.read_text(encoding="utf-8"))


def test_constraints_are_names_and_versions():
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", line)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_face_links_to_the_layers(layer):
    link = ROOT / FACE / layer
    assert link.is_symlink()
    assert link.resolve() == ROOT / layer


def test_test_files_have_different_names():
    # Without packages, pytest imports them by their bare names.
    names = [path.name for path in files("tests") if path.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
