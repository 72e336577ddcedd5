"""The generated community, made once per test process."""

import pytest

from examples.community_a.truth import Truth, generate


@pytest.fixture(scope="session")
def made() -> Truth:
    return generate()
