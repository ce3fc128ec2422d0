"""Every example runs without a warning and says what its first line promises."""

import json
import subprocess
import sys

import pytest
from house import ROOT, files

SAID = {
    "my_data.py": ["gd_pl on wine, cultivar 0: holds", "sgd_star_constant on wine, cultivar 0: holds"],
    "noise_floor.py": [
        "sgd_sc_constant on diabetes_ridge: holds",
        "without_noise_term on diabetes_ridge: violated",
    ],
    "regimes.py": ["batch  1: 0.1429", "sgd_nws"],
    "step_sizes.py": ["1/(40 L_max)", "3000"],
}


NOTEBOOKS = {"regimes.ipynb": ["sgd_nws", "critical batch", "the theorem switches at k = "]}


def test_every_example_is_tested():
    assert {path.name for path in files("examples")} == set(SAID)
    assert {path.name for path in (ROOT / "examples").glob("*.ipynb")} == set(NOTEBOOKS)


def says(path, folder, wanted):
    done = subprocess.run(
        [sys.executable, "-W", "error", path],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in wanted:
        assert words in done.stdout


@pytest.mark.parametrize("path", files("examples"), ids=lambda path: path.name)
def test_example_runs(path, tmp_path):
    says(path, tmp_path, SAID[path.name])


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs(name, tmp_path):
    cells = json.loads((ROOT / "examples" / name).read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells), "outputs are made by whoever runs it"
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in [*cell["source"], "\n"]]
    script = tmp_path / "notebook.py"
    script.write_text("".join(line for line in lines if not line.startswith("%")), encoding="utf-8")
    says(script, tmp_path, NOTEBOOKS[name])
