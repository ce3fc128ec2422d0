"""The cells and the record that the tests of reports share."""

from __future__ import annotations

import pytest
from synthetic_records import record, shapes


@pytest.fixture
def cells() -> dict[str, dict]:
    return shapes()


@pytest.fixture
def small_record() -> dict:
    found = shapes()
    return record([found["power"], found["vacuous"], found["violated"], found["not-applicable"]])
