"""A real SFTP server over a folder, with one account, for the tests."""

import os
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import cast

import paramiko

USER, PASSWORD = "reader", "s3cr3t 密"
CLIENT_KEY = paramiko.ECDSAKey.generate()


@dataclass
class Sftp:
    """What the tests see of it."""

    folder: Path
    port: int
    fingerprint: str
    fetched: list[str] = field(default_factory=list)
    forbidden: str | None = None  # a folder that may not be listed
    gone_at: str | None = None  # a path at which the server hangs up
    silent_at: str | None = None  # a file of which nothing comes
    grows: str | None = None  # a file that grows when it is opened
    transports: list[paramiko.Transport] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)


class Account(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        known = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = username == USER and key == CLIENT_KEY
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class Handle(paramiko.SFTPHandle):
    """An open file."""

    def __init__(self, flags: int, *, silent: threading.Event | None) -> None:
        super().__init__(flags)
        self.silent = silent

    def read(self, offset: int, length: int) -> bytes | int:
        if self.silent is not None:
            self.silent.wait()
        return super().read(offset, length)


class Files(paramiko.SFTPServerInterface):
    """Read-only."""

    def __init__(self, server: paramiko.ServerInterface, *, sftp: Sftp) -> None:
        super().__init__(server)
        self.sftp = sftp

    def _path(self, path: str) -> Path:
        return self.sftp.folder / path.lstrip("/")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        self._hang_up(path)
        if path == self.sftp.forbidden:
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            found = sorted(self._path(path).iterdir())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return [
            paramiko.SFTPAttributes.from_stat(one.lstat(), cast(str, os.fsencode(one.name)))
            for one in found
        ]

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def _hang_up(self, path: str) -> None:
        if path == self.sftp.gone_at:
            for transport in self.sftp.transports:
                transport.close()

    def open(
        self, path: str, flags: int, attr: paramiko.SFTPAttributes
    ) -> paramiko.SFTPHandle | int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            return paramiko.SFTP_PERMISSION_DENIED
        self._hang_up(path)
        self.sftp.fetched.append(path)
        handle = Handle(flags, silent=self.sftp.closed if path == self.sftp.silent_at else None)
        if path == self.sftp.grows:
            with self._path(path).open("ab") as file:
                file.write(b"more")
        try:
            handle.readfile = self._path(path).open("rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return handle


@contextmanager
def serving(folder: Path) -> Iterator[Sftp]:
    key = paramiko.RSAKey.generate(2048)
    digest = b64encode(sha256(key.asbytes()).digest()).decode().rstrip("=")
    listener = socket.create_server(("127.0.0.1", 0))
    sftp = Sftp(folder, listener.getsockname()[1], f"SHA256:{digest}")

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files, sftp=sftp)
            sftp.transports.append(transport)
            with suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=Account())

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield sftp
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        sftp.closed.set()
        for transport in sftp.transports:
            transport.close()
