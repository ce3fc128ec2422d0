"""What every test session shares."""

import gc
import shutil
import tempfile
from pathlib import Path

import pytest

UNPROVED = pytest.StashKey[list]()


def pytest_configure(config):
    """Load the catalogue without its proofs where there are several workers: each would make all of them."""
    if hasattr(config, "workerinput"):
        from ratebound.theory import proved

        with proved.remembered() as known:
            pass
        if not known:
            with proved.elsewhere():
                from ratebound.theory.algebra.lemmas import LEMMAS
                from ratebound.theory.catalogue import THEOREMS

                config.stash[UNPROVED] = [*LEMMAS, *THEOREMS.values()]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session):
    if UNPROVED in session.config.stash:
        prove_share(session.config.stash[UNPROVED], session.config.workerinput)
    # Leave what was collected to itself: the theorems stay, and a twentieth of the time went into that.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def prove_share(statements, worker):
    """Prove every statement of this worker; the last worker stamps, and no test runs before it has."""
    from ratebound.theory import proved

    number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    for each in statements[number::count]:
        each.prove()
    done = Path(tempfile.gettempdir()) / f"ratebound-proved-{worker['testrunuid']}"
    done.mkdir(exist_ok=True)
    (done / str(number)).touch()
    if len(list(done.iterdir())) == count:
        proved.stamp()
        shutil.rmtree(done, ignore_errors=True)
