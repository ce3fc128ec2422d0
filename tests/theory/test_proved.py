"""The stamp spares the catalogue a second proof, never a user's theorem, and never another text."""

import dataclasses
import os
import subprocess
import sys

import pytest

from ratebound.theory import catalogue, proved
from ratebound.theory.algebra.lemmas import harmonic
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import alpha

_COUNT = """
from ratebound.theory import certificate
from ratebound.theory.algebra import prover
calls = []
original = prover.nonnegative
from ratebound.theory import onestep
def counting(*args, **options):
    calls.append(1)
    return original(*args, **options)
onestep.nonnegative = counting
from ratebound.theory import catalogue
# Some families do: the stamp is one for all.
catalogue.FAMILIES = ("gd", "sgd_moment")
from ratebound.theory.catalogue import THEOREMS
names = len(THEOREMS)
at_load = len(calls)
import dataclasses
from ratebound.theory.errors import RateboundError
theorem = THEOREMS["gd_pl"]
dataclasses.replace(theorem, id="again")
assert len(calls) > at_load
try:
    dataclasses.replace(theorem, bound=theorem.bound / 2)
except RateboundError:
    print(at_load)
"""


def _load(cache):
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    found = subprocess.run(
        [sys.executable, "-c", _COUNT], capture_output=True, text=True, env=environment, check=True
    )
    return int(found.stdout)


def test_the_second_start_trusts_the_first(tmp_path):
    assert _load(tmp_path) > 0
    (stamp,) = (tmp_path / "ratebound").iterdir()
    assert _load(tmp_path) == 0
    # Another text has another stamp.
    stamp.rename(stamp.with_name("proved-of-another-text"))
    assert _load(tmp_path) > 0


def test_a_long_first_start_says_what_it_does(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", "ratebound")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for said in (["checking every proof of the catalogue, once for these sources; half a minute or so"], []):
        caplog.clear()
        assert catalogue._all.__wrapped__() == dict(THEOREMS)
        assert caplog.messages == said


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert _load(blocked) > 0


def test_a_proof_asked_for_checks_units_and_certificate():
    theorem = THEOREMS["gd_pl"]
    with proved.elsewhere():
        wrong = dataclasses.replace(theorem, bound=theorem.bound / 2)
        unscaled = dataclasses.replace(theorem, bound=theorem.bound * alpha)
        lemma = dataclasses.replace(harmonic, bound=harmonic.bound / 2)
    theorem.prove()
    harmonic.prove()
    with pytest.raises(RateboundError, match="not proved"):
        wrong.prove()
    with pytest.raises(RateboundError, match="does not scale"):
        unscaled.prove()
    with pytest.raises(RateboundError, match="fails at k = 1"):
        lemma.prove()
