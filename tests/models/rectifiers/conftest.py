"""The family, as it was before a test that adds to it."""

import pytest

from neurosim import RECTIFIERS


@pytest.fixture
def family():
    """`RECTIFIERS`, restored afterwards."""
    before = dict(RECTIFIERS)
    yield RECTIFIERS
    RECTIFIERS.clear()
    RECTIFIERS.update(before)
