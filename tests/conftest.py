"""What every test session shares."""

import gc


def pytest_collection_finish():
    """Leave what was collected to itself: the theorems stay, and a twentieth of the time went into that."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
