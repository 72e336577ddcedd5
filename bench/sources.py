"""The six platforms themselves: two database servers, one HTTP server, three kinds of files.

Everything lies below one folder and runs until `stop`.
"""

import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from bench.databases import Database, start_databases
from bench.records import Held, World
from bench.rosters import write_roster
from hub.errors import SourceDownError

API = "property"
FILES = ("door", "care", "civil")
API_WAIT = 30.0  # seconds


@dataclass
class Sources:
    """Platforms that run. `urls` and `passwords` are what their platform files need."""

    folder: Path
    databases: dict[str, Database] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    api: subprocess.Popen[bytes] | None = None
    stops: list[Callable[[], None]] = field(default_factory=list)

    def stop(self) -> None:
        """Stop every server that was started here."""
        if self.api is not None:
            self.api.kill()
            self.api.wait()
            self.api = None
        while self.stops:
            self.stops.pop()()

    def fill(self, world: World) -> None:
        """Put all that the platforms hold where the hub will look for it."""
        for platform, database in self.databases.items():
            if platform in world.held:
                database.fill(world.held[platform])
        if "grid" in world.held:
            self.databases["grid"].fill_grids(world.grids)
        self._write_files(world)

    def change(self, world: World, changed: Mapping[str, pl.DataFrame]) -> None:
        """Bring the platforms to what they hold after a change; databases get only that."""
        for platform, database in self.databases.items():
            if platform in world.held:
                database.change(world.held[platform], changed[platform])
        self._write_files(world)

    def _write_files(self, world: World) -> None:
        for platform in FILES:
            if platform in world.held:
                write_file(platform, world.held[platform], self.folder / platform)
        if API in world.held:
            write_json(world.held[API].rows, self.folder / API / "owners.json")


def start(folder: Path, servers: Path | None = None) -> Sources:
    """Start the platforms below `folder` with nothing in them.

    Args:
        folder: For files, and for the database servers.
        servers: Where database servers run already, which then go on running.

    Raises:
        SourceDownError: a server is not installed, or did not come up.
    """
    sources = Sources(folder)
    try:
        stops = sources.stops if servers is None else []
        for platform, database in start_databases(servers or folder / "servers", stops).items():
            sources.databases[platform] = database
            sources.urls[platform] = database.reader_url
            sources.passwords[platform] = database.password
        for platform in FILES:
            (folder / platform).mkdir(parents=True)
            sources.urls[platform] = str((folder / platform).resolve())
        _start_api(sources)
    except BaseException:
        sources.stop()
        raise
    return sources


def _start_api(sources: Sources) -> None:
    """The vendor's server, in a process of its own, as it would be on a machine of its own."""
    folder = sources.folder / API
    folder.mkdir(parents=True)
    data, secret = folder / "owners.json", folder / "secret"
    data.write_text("[]", encoding="utf-8")
    sources.passwords[API] = secrets.token_hex(16)
    secret.touch(mode=0o600)
    secret.write_text(sources.passwords[API], encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    module = [sys.executable, "-m", "examples.community_a.api_server"]
    paths = ["--data", str(data), "--secret-file", str(secret), "--port", str(port)]
    sources.api = subprocess.Popen([*module, *paths], cwd=Path(__file__).parents[1])
    sources.urls[API] = f"http://127.0.0.1:{port}"
    _wait_for(port)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + API_WAIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise SourceDownError(
                    "the property vendor's server did not come up",
                    zh="基准测试的接口服务没有启动成功：请再运行一次。",
                ) from None
            time.sleep(0.05)
        else:
            return


def write_file(platform: str, held: Held, folder: Path) -> None:
    """One platform's file, anew."""
    match platform:
        case "door":
            text = held.rows.write_csv(null_value="")
            (folder / "cards.csv").write_bytes(text.encode("gb18030"))
        case "care":
            _nested(held.rows).write_ndjson(folder / "elders.jsonl")
        case "civil":
            write_roster(held.rows, folder / "roster.xlsx")


def write_json(rows: pl.DataFrame, path: Path) -> None:
    """All rows as one JSON list, there whole or not at all."""
    temporary = path.with_suffix(".tmp")
    rows.write_json(temporary)
    temporary.replace(path)


def _nested(rows: pl.DataFrame) -> pl.DataFrame:
    """As the vendor delivers: objects in objects."""
    return rows.select(
        "id",
        elder=pl.struct("name", "idCard", "gender", "birth"),
        contact=pl.struct("phone"),
        address=pl.struct(full="address"),
        care=pl.struct("tags"),
    )
