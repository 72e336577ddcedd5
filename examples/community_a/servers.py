"""Real PostgreSQL and MariaDB servers of our own, for the demonstration and for tests.

Each listens on 127.0.0.1 only, on a free port, asks for a password, and outlives the process that
started it. `start_postgres(folder)` and `start_mariadb(folder)` start one below `folder`, or
attach to the one that already runs there; the data, port and password are kept, so a stopped
server comes back with the same URL. Data is not flushed to disk: it can be made again at any time.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pymysql

from hub.errors import SourceDownError

USER = "community"
PACKAGES = {"postgresql": "postgresql", "mariadb": "mariadb-server"}
WAIT = 60.0  # seconds for a server to come up or to go down
SOCKET_PATH_LIMIT = 100  # the kernel's limit is 107 bytes


@dataclass(frozen=True)
class Server:
    """A running server. `url` is a SQLAlchemy URL without the password."""

    url: str
    password: str
    pid: int
    data: Path

    def stop(self) -> None:
        """Stop the server and wait until it is down; the data stays."""
        pid_file = _pid_file(self.data)
        if not pid_file.exists() or not _is_ours(self.pid, self.data):
            return
        # SIGINT is PostgreSQL's "fast" shutdown: clients are cut off; MariaDB wants SIGTERM
        os.kill(self.pid, signal.SIGINT if pid_file.name == "postmaster.pid" else signal.SIGTERM)
        deadline = time.monotonic() + WAIT
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)


def start_postgres(folder: Path) -> Server:
    """PostgreSQL below `folder`: started, or attached to if it runs already.

    Raises:
        SourceDownError: it is not installed, or does not come up.
    """
    state = _state(folder, "postgres")
    data = Path(str(state["data"]))
    if not (data / "PG_VERSION").exists():
        _make_postgres(data, str(state["password"]))
    if not _running(data):
        port = _free_port(int(str(state["port"])))
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "timezone": "Asia/Shanghai",
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = str(data / "server.log")
        start = [_postgres_program("pg_ctl"), "start", "-w", "-D", str(data), "-l", log]
        _run([*start, "-o", options], "postgres")
        _keep(folder, "postgres", state | {"port": port})
        state["port"] = port
    return Server(
        url=f"postgresql+psycopg://{USER}@127.0.0.1:{state['port']}/postgres",
        password=str(state["password"]),
        pid=_pid(data),
        data=data,
    )


def start_mariadb(folder: Path) -> Server:
    """MariaDB below `folder`: started, or attached to if it runs already.

    Raises:
        SourceDownError: it is not installed, or does not come up.
    """
    state = _state(folder, "mariadb")
    data, password = Path(str(state["data"])), str(state["password"])
    if not (data / "mysql").exists():
        _make_mariadb(data)
    if not _running(data):
        port = _free_port(int(str(state["port"])))
        _launch_mariadb(data, port, password)
        _keep(folder, "mariadb", state | {"port": port})
        state["port"] = port
    url = f"mysql+pymysql://{USER}@127.0.0.1:{state['port']}/{USER}?charset=utf8mb4"
    return Server(url=url, password=password, pid=_pid(data), data=data)


def install_missing() -> dict[str, bool]:
    """Install what is not there with apt, as root; which servers are installed afterwards."""
    install([PACKAGES[name] for name, there in installed().items() if not there])
    return installed()


def install(packages: Sequence[str]) -> None:
    """Install packages of the distribution, where that can be done: with apt, as root."""
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-q", *command], env=quiet, check=False, stdout=2)


def installed() -> dict[str, bool]:
    """Which of the two servers this machine has."""
    return {
        "postgresql": bool(_find_postgres("initdb")),
        "mariadb": bool(_find("mariadbd") and _find("mariadb-install-db")),
    }


def _make_postgres(data: Path, password: str) -> None:
    _own(data, "postgres")
    with tempfile.NamedTemporaryFile("w", dir=data.parent, suffix=".pw") as secret:
        secret.write(password)
        secret.flush()
        _own(Path(secret.name), "postgres")
        login = ["-U", USER, f"--pwfile={secret.name}", "--auth=scram-sha-256"]
        where = ["-D", str(data), "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        _run([_postgres_program("initdb"), *where, *login], "postgres")


def _make_mariadb(data: Path) -> None:
    _own(data, "mysql")
    make = [_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"]
    account = ["--user=mysql"] if os.geteuid() == 0 else []
    make += [*account, f"--tmpdir={_scratch(data)}"]
    _run([*make, "--auth-root-authentication-method=socket"], None)


def _scratch(data: Path) -> Path:
    """A server's own folder for temporary tables: one that starts removes all it finds there."""
    folder = data.with_name(f"{data.name}-tmp")
    _own(folder, "mysql")
    return folder


def _launch_mariadb(data: Path, port: int, password: str) -> None:
    """Start mariadbd in a session of its own; its first act is to create our account."""
    first = data / "first.sql"
    first.write_text(
        f"CREATE DATABASE IF NOT EXISTS {USER} CHARACTER SET utf8mb4;\n"
        f"CREATE OR REPLACE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n",
        encoding="utf-8",
    )
    _own(first, "mysql")
    socket_file = data / "server.sock"
    if len(str(socket_file).encode()) > SOCKET_PATH_LIMIT:
        name = sha256(str(data).encode()).hexdigest()[:12]
        socket_file = Path(tempfile.gettempdir()) / f"mariadb-{name}.sock"
    settings = {
        "datadir": data,
        "tmpdir": _scratch(data),
        "port": port,
        "bind-address": "127.0.0.1",
        "socket": socket_file,
        "pid-file": data / "server.pid",
        "init-file": first,
        "skip-name-resolve": "ON",
        "character-set-server": "utf8mb4",
        "default-time-zone": "+08:00",
        "innodb-flush-log-at-trx-commit": 0,
        "innodb-flush-method": "nosync",
        "innodb-buffer-pool-size": "128M",
    }
    command = [_program("mariadbd"), "--no-defaults", *(f"--{k}={v}" for k, v in settings.items())]
    command += ["--user=mysql"] if os.geteuid() == 0 else []
    # a shell starts it in the background and ends, so that no process of ours is its parent
    log = data / "server.log"
    background = ["sh", "-c", 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null &', "sh", str(log)]
    subprocess.run([*background, *command], check=True, cwd="/", start_new_session=True)
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if _lets_in(port, password):  # the port answers before the first act is done
            first.unlink(missing_ok=True)
            return
        time.sleep(0.1)
    raise _not_up("mariadbd", log)


def _state(folder: Path, name: str) -> dict[str, object]:
    """Port, password and data folder of the server, as kept in `folder`, or new ones."""
    path = folder / f"{name}.json"
    if path.exists():
        kept: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    data = folder.resolve() / name
    if os.geteuid() == 0 and not all(p.stat().st_mode & 0o001 for p in data.parents):
        # the server's own account cannot pass: use a folder that it can
        made = sha256(str(data).encode()).hexdigest()[:12]
        data = Path("/var/tmp") / f"community-a-{name}-{made}"  # noqa: S108 - root-owned, by name
    fresh: dict[str, object] = {"data": str(data), "port": 0, "password": secrets.token_hex(12)}
    return _keep(folder, name, fresh)


def _keep(folder: Path, name: str, state: dict[str, object]) -> dict[str, object]:
    path = folder / f"{name}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(state), encoding="utf-8")
    return state


def _own(path: Path, account: str) -> None:
    """Give `path` to the server's account (as root), readable by nobody else."""
    if not path.exists():
        path.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        shutil.chown(path, account, account)
    path.chmod(0o700 if path.is_dir() else 0o600)


def _run(command: list[str], account: str | None) -> None:
    """Run to the end; as root, PostgreSQL's programs run under its own account."""
    name = Path(command[0]).name
    if account and os.geteuid() == 0:
        command = ["runuser", "-u", account, "--", *command]
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the daemon
        done = subprocess.run(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/", check=False
        )
        if done.returncode:
            output.seek(0)
            said = output.read()
            wrong = "\n".join(line for line in said.splitlines() if "ERROR" in line) or said
            raise SourceDownError(
                f"{name}: exit {done.returncode}: {wrong[-500:]}",
                zh="演示用的数据库没有启动成功：请查看日志，或确认已安装 PostgreSQL 和 MariaDB。",
            )


def _pid_file(data: Path) -> Path:
    postgres = data / "postmaster.pid"
    return postgres if (data / "PG_VERSION").exists() else data / "server.pid"


def _pid(data: Path) -> int:
    return int(_pid_file(data).read_text(encoding="ascii").split()[0])


def _running(data: Path) -> bool:
    return _pid_file(data).exists() and _is_ours(_pid(data), data)


def _is_ours(pid: int, data: Path) -> bool:
    """Tell our server from a stranger: a crash leaves a pid file, and numbers are used again."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    command = Path(f"/proc/{pid}/cmdline")
    return not Path("/proc/self").exists() or (
        command.exists() and str(data).encode() in command.read_bytes()
    )


def _free_port(wanted: int) -> int:
    """`wanted` if it is free, else any port that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SourceDownError("no free port", zh="本机没有空闲端口：请关闭一些程序后再试。")


def _lets_in(port: int, password: str) -> bool:
    try:
        pymysql.connect(host="127.0.0.1", port=port, user=USER, password=password).close()
    except pymysql.MySQLError:
        return False
    return True


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _find_postgres(name: str) -> str | None:
    """PostgreSQL keeps its programs off the PATH on Debian; the newest version is taken."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version)
    return str(versions[-1]) if versions else _find(name)


def _version(program: Path) -> float:
    try:
        return float(program.parents[1].name)
    except ValueError:
        return 0.0


def _program(name: str) -> str:
    found = _find(name)
    if found is None:
        raise _not_installed(name)
    return found


def _postgres_program(name: str) -> str:
    found = _find_postgres(name)
    if found is None:
        raise _not_installed(name)
    return found


def _not_installed(name: str) -> SourceDownError:
    return SourceDownError(
        f"{name} is not installed",
        zh=f"本机没有 {name}：请安装 PostgreSQL 和 MariaDB"
        "（apt-get install postgresql mariadb-server）。",
    )


def _not_up(name: str, log: Path) -> SourceDownError:
    return SourceDownError(
        f"{name} did not come up within {WAIT:.0f} s; see {log}",
        zh=f"演示用的 {name} 没有启动成功：请查看日志 {log}。",
    )
