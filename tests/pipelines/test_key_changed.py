"""A home whose key or encryption no longer fits its data says so, and changes nothing."""

from pathlib import Path

import pytest
from small_home import Synced

from cli.main import main
from hub.settings import open_home


@pytest.mark.parametrize("change", ["other key", "encryption off"])
def test_said_plainly(
    synced: Synced, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = synced(tmp_path / "home")
    if change == "other key":
        path = home.secrets / "data.key"
        path.write_text("A" * 43 + "=", encoding="ascii")
    else:
        text = (home.root / "hub.yaml").read_text(encoding="utf-8")
        (home.root / "hub.yaml").write_text(f"{text}encryption: false\n", encoding="utf-8")
    for command in ("sync", "status"):
        capsys.readouterr()
        assert main([command, "--home", str(home.root)]) == 2
        assert "数据打不开" in capsys.readouterr().err
    assert [p.name for p in (open_home(home.root).data / "snapshots").glob("*.duckdb")] == [
        "1.duckdb"
    ]
