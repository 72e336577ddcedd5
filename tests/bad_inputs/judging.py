"""A hub home with one platform: pulled and standardised, every row accounted for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cli.init import make_home
from hub.errors import HubError
from hub.platform import load_platform
from hub.settings import Home, open_home
from ledger import Ledger, open_ledger
from pipelines.pull import pull_stream
from pipelines.standardise import standardise_stream
from schemas.reasons import in_chinese
from warehouse.duck import memory, parquet, read_arrow

STREAM = ("vendor", "people")
MAP = {"name": "姓名", "id_number": "证件号", "phone": "电话"}


@dataclass(frozen=True)
class Counts:
    """Rows in = clean + flagged + aside + repeated; 0 of each where the input was refused."""

    clean: int = 0
    flagged: int = 0
    aside: int = 0
    repeated: int = 0

    @property
    def rows(self) -> int:
        return self.clean + self.flagged + self.aside + self.repeated


@dataclass
class Outcome:
    """What came of one pull."""

    told: str  # the error, or notes and reasons
    read: int = 0
    counts: Counts = field(default_factory=Counts)
    refused: bool = False


class Judge:
    """Pulls the one platform of a home."""

    def __init__(self, folder: Path) -> None:
        make_home(folder, "测试数据大脑")
        settings = folder / "hub.yaml"  # encryption is not what is tested, and takes its time
        plain = settings.read_text("utf-8").replace("encryption: true", "encryption: false")
        settings.write_text(plain, "utf-8")
        self.home: Home = open_home(folder)
        self.file = folder / "platforms" / "vendor.yaml"

    def declare(self, connection: dict[str, Any], stream: dict[str, Any]) -> None:
        """Write the platform file."""
        base = {"key": ["编号"], "increment": "snapshot", "entity": "resident", "map": MAP}
        content = {
            "platform": "vendor",
            "title": "物业系统",
            "owner": {"level": "community", "department": "物业公司"},
            "connection": connection,
            "streams": {"people": base | stream},
        }
        self.file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")

    def judge(self) -> Outcome:
        """Pull and standardise."""
        ledger = open_ledger(self.home.data / "ledger.sqlite")
        try:
            return self._judged(ledger)
        except HubError as error:
            return Outcome(f"{error.zh}\n{error}", refused=True)
        finally:
            ledger.close()

    def stored(self) -> int:
        """Rows of all batches that were ever committed."""
        ledger = open_ledger(self.home.data / "ledger.sqlite")
        try:
            return sum(batch.rows for batch in ledger.batches(*STREAM))
        finally:
            ledger.close()

    def _judged(self, ledger: Ledger) -> Outcome:
        platform = load_platform(self.file)
        pull = pull_stream(self.home, ledger, platform, "people", _quiet)
        done = standardise_stream(self.home, ledger, platform, "people", _quiet)
        counts = Counts(
            clean=done.accepted - done.with_issues,
            flagged=done.with_issues,
            aside=done.set_aside,
            repeated=pull.repeated,
        )
        told = [*pull.notes, *(f"丢弃 {k} {v}" for k, v in pull.dropped.items())]
        return Outcome("\n".join([*told, *self._reasons()]), pull.read, counts)

    def _reasons(self) -> list[str]:
        """What is said of the rows that were flagged or set aside."""
        codes: set[str] = set()
        with memory(self.home) as connection:
            for path in (self.home.data / "core" / "vendor" / "people").glob("*.parquet"):
                rows = read_arrow(connection, f"SELECT * FROM {parquet(self.home, [path])}")
                for row in rows.to_pylist():
                    found = [row] if "reason" in row else row["issues"]
                    codes |= {one["reason"] for one in found}
        return [in_chinese(code) for code in sorted(codes)]


def _quiet(_place: str, _rows: int) -> None:
    """Nobody watches."""
