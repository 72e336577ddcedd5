"""Slow imports: what is not needed stays out, and is the real thing once it is wanted."""

import subprocess
import sys

import pytest

from hub.imports import deferring, without


@pytest.fixture(autouse=True)
def _not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)


def test_a_package_left_out_is_there_again_afterwards() -> None:
    with without("colorsys"), pytest.raises(ModuleNotFoundError, match="No module named"):
        import colorsys
    import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)


def test_what_is_imported_already_stays() -> None:
    import colorsys

    with without("colorsys"), deferring("colorsys"):
        assert sys.modules["colorsys"] is colorsys


def test_what_is_deferred_is_imported_at_its_first_use() -> None:
    with deferring("colorsys"):
        from colorsys import rgb_to_hsv
    assert "colorsys" not in sys.modules
    assert rgb_to_hsv(1, 1, 1) == (0.0, 0.0, 1)
    assert rgb_to_hsv.__name__ == "rgb_to_hsv"
    assert "colorsys" in sys.modules


def test_a_sync_imports_neither_pandas_nor_migrations() -> None:
    """Each takes as long as the whole sync of a small home."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, pipelines.sync, pipelines.definitions, pipelines.passing_instance, "
            "connectors.database_source, connectors.chunk\nconnectors.chunk.empty_table(())\n"
            "print(sorted({'pandas', 'alembic', 'great_expectations'} & {*sys.modules}))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"
