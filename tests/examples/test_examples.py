"""Every example runs without a warning and says what its first line promises."""

import subprocess
import sys

import pytest
from house import files

SAID = {
    "my_data.py": ["gd_pl on wine, cultivar 0: holds", "sgd_star_constant on wine, cultivar 0: holds"],
    "noise_floor.py": [
        "sgd_sc_constant on diabetes_ridge: holds",
        "without_noise_term on diabetes_ridge: violated",
    ],
    "regimes.py": ["batch  1: 0.1429", "sgd_nws"],
    "step_sizes.py": ["1/(40 L_max)", "3000"],
}


def test_every_example_is_tested():
    assert {path.name for path in files("examples")} == set(SAID)


@pytest.mark.parametrize("path", files("examples"), ids=lambda path: path.name)
def test_example_runs(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in SAID[path.name]:
        assert words in done.stdout
