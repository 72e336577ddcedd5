"""The hub home of a benchmark: made anew, with a platform file for each source that runs."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from bench.sources import Sources
from cli.init import make_home
from hub.settings import Home, open_home

TEMPLATE = files("bench") / "home"


def lay_out(root: Path, sources: Sources, platforms: Sequence[str]) -> Home:
    """Make a home that knows `platforms`."""
    make_home(root, "基准测试")
    text = (TEMPLATE / "hub.yaml").read_text(encoding="utf-8")
    (root / "hub.yaml").write_text(text, encoding="utf-8")
    for platform in platforms:
        template = TEMPLATE / "platforms" / f"{platform}.yaml"
        text = template.read_text(encoding="utf-8").replace("{url}", sources.urls[platform])
        (root / "platforms" / f"{platform}.yaml").write_text(text, encoding="utf-8")
    for platform, password in sources.passwords.items():
        secret = root / "secrets" / platform
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="utf-8")
    return open_home(root)
