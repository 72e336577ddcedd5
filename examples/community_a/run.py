"""Start and stop the seven platforms of Community A, and lay out its hub home.

`start` may be called again at any time: what is there is left alone, what is missing is made.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from examples.community_a import api_server, databases, servers, truth
from examples.community_a.people import SEED
from examples.community_a.platforms import (
    civil_affairs,
    door_entry,
    elderly_care,
    property_vendor,
)
from hub.errors import SourceDownError

PACKAGE = Path(__file__).parent
FILES = (civil_affairs, door_entry, elderly_care)
API_PORT = 18765


@dataclass(frozen=True)
class Report:
    """What runs where, and how much it holds. `notes` are for the officer."""

    home: Path
    records: dict[str, int]
    counts: dict[str, Any]
    loaded: bool  # False: the data was there already
    notes: tuple[str, ...] = ()


def start(home: Path, progress: Callable[[str], None] = lambda _: None) -> Report:
    """Make the hub home if need be, start every platform, load the data once.

    Raises:
        SourceDownError: a server does not come up.
    """
    home = home.resolve()
    folder = platforms_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    copy_home(home)
    if not all(servers.installed().values()):
        progress("正在安装 PostgreSQL 和 MariaDB……")
        servers.install_missing()
    progress("正在启动数据库……")
    running = databases.start(home)
    databases.secret(home, property_vendor.PLATFORM)
    loaded = not _is_loaded(home, running)
    if loaded:
        progress("正在生成甲社区的数据并写入七个平台……")
        load(home, truth.generate(SEED), running)
    progress("正在启动物业公司的接口……")
    port = start_api(home)
    _point(home, running, port)
    summary = json.loads((folder / "loaded.json").read_text(encoding="utf-8"))
    return Report(home, summary["records"], summary["counts"], loaded, _notes(running))


def stop(home: Path) -> None:
    """Stop every server of the home; the data stays."""
    stop_api(home)
    databases.stop(home.resolve())


def platforms_folder(home: Path) -> Path:
    """Where the platforms keep their data; no part of the hub."""
    return home / ".platforms"


def truth_folder(home: Path) -> Path:
    """Where the judge's files are."""
    return platforms_folder(home) / "truth"


def copy_home(home: Path) -> None:
    """The hub home's files; one that is there already is the officer's."""
    for source in sorted((PACKAGE / "home").rglob("*")):
        target = home / source.relative_to(PACKAGE / "home")
        if source.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def load(
    home: Path, made: truth.Truth, running: dict[str, databases.Database], *, but: str = ""
) -> None:
    """Write every platform anew (`but` one), and the truth beside them."""
    folder = platforms_folder(home)
    (folder / "loaded.json").unlink(missing_ok=True)
    for platform, database in running.items():
        if platform != but:
            databases.load(database, made.at(platform))
    for module in FILES:
        module.write(made.at(module.PLATFORM), folder / module.PLATFORM)
    property_vendor.write(made.at(property_vendor.PLATFORM), folder)
    truth.write(made, truth_folder(home))
    summary = {
        "made_by": _maker(running),
        "records": Counter(one.platform for one in made.held),
        "counts": truth.count(made.town),
    }
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    (folder / "loaded.json").write_text(text, encoding="utf-8")


def start_api(home: Path) -> int:
    """The vendor's server in the background, or the one that runs already; its port."""
    folder = platforms_folder(home)
    state = folder / "api.json"
    wanted = API_PORT
    if state.exists():
        known = json.loads(state.read_text(encoding="utf-8"))
        wanted = int(known["port"])
        if _runs(int(known["pid"]), folder):
            return wanted
    port = _free_port(wanted)
    command = [sys.executable, "-m", api_server.__name__]
    command += ["--data", str(folder / property_vendor.FILE), "--port", str(port)]
    command += ["--secret-file", str(home / "secrets" / property_vendor.PLATFORM)]
    # a shell starts it in the background and ends, so that no process of ours is its parent
    background = ["sh", "-c", 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!', "sh"]
    done = subprocess.run(
        [*background, str(folder / "api.log"), *command],
        check=True,
        start_new_session=True,
        capture_output=True,
        text=True,
        cwd=PACKAGE.parents[1],
    )
    state.write_text(json.dumps({"pid": int(done.stdout), "port": port}), encoding="utf-8")
    _wait_for(port)
    return port


def stop_api(home: Path) -> None:
    """Stop the vendor's server and wait until it is gone."""
    state = platforms_folder(home.resolve()) / "api.json"
    if not state.exists():
        return
    pid = int(json.loads(state.read_text(encoding="utf-8"))["pid"])
    if _runs(pid, state.parent):
        os.kill(pid, signal.SIGTERM)
        patience = time.monotonic() + 10
        while _runs(pid, state.parent):
            if time.monotonic() > patience:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def _runs(pid: int, folder: Path) -> bool:
    """Whether `pid` is our server: numbers are used again."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(folder).encode() in command


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SourceDownError("no free port", zh="本机没有空闲端口：请关闭一些程序后再试。")


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SourceDownError(
        "the vendor's server did not come up", zh="物业公司的接口没有启动成功：请查看 api.log。"
    )


def _point(home: Path, running: dict[str, databases.Database], port: int) -> None:
    """Write into the platform files where the servers listen today."""
    urls = {name: one.reader_url for name, one in running.items()}
    urls[property_vendor.PLATFORM] = f"http://127.0.0.1:{port}"
    for platform, url in urls.items():
        path = home / "platforms" / f"{platform}.yaml"
        if not path.exists():
            continue
        before = path.read_text(encoding="utf-8")
        quoted = json.dumps(url) if "{" in url else url
        line = next(one for one in before.splitlines() if one.startswith("  url: "))
        after = before.replace(line, f"  url: {quoted}", 1)
        if after != before:
            path.write_text(after, encoding="utf-8")


def _is_loaded(home: Path, running: dict[str, databases.Database]) -> bool:
    path = platforms_folder(home) / "loaded.json"
    if not path.exists():
        return False
    return bool(json.loads(path.read_text(encoding="utf-8"))["made_by"] == _maker(running))


def _maker(running: dict[str, databases.Database]) -> str:
    """Changes when the generator or the kind of a database does."""
    digest = sha256(str(SEED).encode())
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update(" ".join(sorted(d.admin.drivername for d in running.values())).encode())
    return digest.hexdigest()[:16]


def _notes(running: dict[str, databases.Database]) -> tuple[str, ...]:
    stand_ins = [n for n, one in running.items() if one.admin.drivername == "sqlite"]
    return tuple(
        f"平台 {name} 本应是真正的数据库服务器，本机没有装，暂用 SQLite 文件代替。"
        for name in stand_ins
    )
