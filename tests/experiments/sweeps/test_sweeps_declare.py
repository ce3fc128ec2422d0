"""What a sweep may declare: products and lists of cells, and one line for everything else."""

import pytest
from sweep_cases import small

import ratebound as rb
from ratebound.experiments.sweeps.declare import declare
from ratebound.theory.errors import RateboundError


def test_a_product_in_the_order_of_its_axes():
    found = declare(small())
    assert found.name == "small" and found.shape == (2, 3) and not found.judges
    assert list(found.axes) == ["step", "batch"]
    assert [cell.settings["batch"] for cell in found.cells] == [1, 4, 16, 1, 4, 16]
    assert found.cells[3].settings["step"] == "1/(2*L_max)"
    assert found.cells[0].settings["replacement"] is True


def test_a_file_and_its_name(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(
        '[defaults]\nproblem = { name = "huber_worst", horizon = 7 }\n'
        '[[cells]]\ntheorem = "gd_convex"\n[[cells]]\ntheorem = "gd_pl"\nproblem = "iris"\n',
        encoding="utf-8",
    )
    found = declare(path)
    assert found.name == "two" and found.judges and found.shape == (2,)
    assert found.labels == {
        "theorem": ("gd_convex", "gd_pl"),
        "problem": ("huber_worst(horizon=7)", "iris"),
    }
    assert found.cells[0].problem.loss.kink == 1 / 15


def test_objects_of_python_are_labelled_by_their_names():
    problems = [rb.problems.load("iris"), rb.problems.load("wine", l2=0.5)]
    table = {
        "defaults": {"theorem": rb.theorems["gd_pl"], "steps": 5},
        "axes": {"problem": problems, "step_factor": [0.5, 1]},
    }
    found = declare(table)
    assert found.axes == {"problem": ("iris", "wine"), "step_factor": (0.5, 1.0)}
    assert found.cells[2].problem is problems[1]
    assert found.cells[0].settings["theorem"] == "gd_pl"


def test_a_list_of_steps_within_a_cell():
    found = declare(
        small(step=[0.5]) | {"axes": {"batch": [1, 2]}, "defaults": small(step=(0.1, 0.2))["defaults"]}
    )
    assert found.shared == ("step", (0.1, 0.2))


PRODUCT = "problem = 'iris'\nmethod = 'sgd'\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"either \[axes\], whose product are the cells, or a list of \[\[cells\]\]"),
        ("axis = 3", "unknown key 'axis' in the sweep; did you mean 'axes'"),
        ("name = 3", "name = 3 in the sweep has the wrong type"),
        ("delta = 1.5", "delta = 1.5"),
        ("[axes]", r"\[axes\] is empty"),
        ("cells = []", r"\[\[cells\]\] is empty"),
        ("cells = [3]", r"\[\[cells\]\] number 1 is not a table"),
        ("[axes]\nbatch = []", "batch in .axes. is an empty list"),
        ("[axes]\nbatch = 3", "batch = 3 in .axes. is not a list"),
        ("[axes]\nbatch = [1, 1]", "batch in .axes. holds 1 twice"),
        ("[axes]\nstep = [[1, 2]]", "holds a list within the list"),
        ("[axes]\nbatchs = [1]", "unknown key 'batchs' in .axes.; did you mean 'batch'"),
        ("[defaults]\nsteep = 1\n[axes]\nbatch = [1]", "unknown key 'steep' in .defaults.; did you mean 'step' or 'steps'"),  # noqa: E501
        ("[defaults]\nbatch = 2\n[axes]\nbatch = [1]", "batch stands under .defaults. and under .axes."),
        ("[axes]\nbatch = [1]", "names no problem"),
        ("[defaults]\nproblem = 'iris'\n[axes]\nbatch = [1]", "either a method, to run it, or a theorem"),
        (f"[defaults]\n{PRODUCT}[axes]\nbatch = [1]", "states no step"),
        (f"[defaults]\n{PRODUCT}[axes]\nstep = [0.1, -0.1]", "step = -0.1; it must be positive"),
        (f"[defaults]\n{PRODUCT}[axes]\nstep = [0.1, inf]", "step = inf; it must be positive and finite"),
        (f"[defaults]\n{PRODUCT}[axes]\nstep = [true]", "step = True"),
        (f"[defaults]\n{PRODUCT}[axes]\nstep = ['1/']", "cannot read '1/' as an expression"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nstep_factor = [0]", "step_factor = 0; it must be positive"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nbatch = [0]", "batch = 0; it must be >= 1"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nsteps = [0]", "steps = 0"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nreplicas = [0]", "replicas = 0"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nseed = [-1]", "seed = -1"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nreplacement = [2]", "replacement = 2; it is true or false"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nmeasure = ['gap']", "unknown measure 'gap'"),
        (f"[defaults]\n{PRODUCT}step = 1\n[axes]\nbackend = ['nunpy']", "unknown backend 'nunpy'; did you mean"),  # noqa: E501
        (f"[defaults]\n{PRODUCT}step = [1, 2]\nstep_factor = [1, 2]\n[axes]\nseed = [0]", "one list only"),
        (f"[defaults]\n{PRODUCT}step = []\n[axes]\nseed = [0]", "step is an empty list"),
        (f"[defaults]\n{PRODUCT}step = 1\nparameters = 3\n[axes]\nseed = [0]", "parameters = 3; write a table"),  # noqa: E501
        ("[defaults]\nproblem = 'irish'\nmethod = 'sgd'\n[axes]\nstep = [1]", "unknown problem 'irish'; did you mean 'iris'"),  # noqa: E501
        ("[defaults]\nproblem = 'iris'\nmethod = 'sdg'\n[axes]\nstep = [1]", "unknown method 'sdg'; did you mean 'sgd'"),  # noqa: E501
        ("[defaults]\nproblem = 'iris'\n[axes]\ntheorem = ['gd_pll']", "unknown theorem 'gd_pll'"),
        ("[defaults]\nproblem = 'iris'\nmeasure = 'gap_last'\n[axes]\ntheorem = ['gd_pl']", "measure is that of the theorem"),  # noqa: E501
        (
            "[defaults]\nproblem = 'iris'\nstep = 1\n[[cells]]\ntheorem = 'gd_pl'\n[[cells]]\nmethod = 'gd'",
            "declare two sweeps",
        ),
        ("[axes", "is not TOML"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(text, said, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RateboundError, match=said) as raised:
        declare(path)
    assert str(raised.value).startswith(f"sweep {path}")
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(RateboundError, match=r"cannot read the sweep .*: No such file or directory; check"):
        declare(tmp_path / "none.toml")
