"""Where a platform's files are: a folder here, or one that fsspec reaches (SFTP, S3).

A file elsewhere is fetched once into a folder that only this account can open, and deleted with
the connector. What was fetched before and is as old and as long as then is not fetched again.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from connectors.file_patterns import Kind, is_noise, matching
from hub.errors import SourceDownError
from hub.platform import Platform
from hub.platform_connections import FilesConnection
from hub.scratch import scratch

if TYPE_CHECKING:  # slow to import, and seldom needed
    from connectors.remote_files import RemoteFolder

Marks = dict[str, list[int | str]]
"""File name -> size, modification time, SHA-256."""


class LocalFolder:
    """A folder of this machine, or one that it has mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self, pattern: str) -> list[str]:
        """Matching files, sorted."""
        return matching(self._entries, pattern)

    def _entries(self, folder: str) -> Iterator[tuple[str, Kind]]:
        with os.scandir(self.root / folder) as found:
            for one in found:
                if one.is_file():
                    yield one.name, "file"
                elif one.is_dir():
                    yield one.name, "linked" if one.is_symlink() else "folder"

    def stamp(self, name: str) -> list[int | str]:
        """Bytes and nanoseconds."""
        status = (self.root / name).stat()
        return [status.st_size, status.st_mtime_ns]


class FilePlace:
    """The files of one platform, with words for the officer when they cannot be had."""

    def __init__(self, platform: Platform, home: Path) -> None:
        settings = platform.connection
        assert isinstance(settings, FilesConnection)  # noqa: S101 - the caller chose by it
        self.platform, self.home, self.settings = platform, home, settings
        self._folder: LocalFolder | RemoteFolder | None = None
        self._kept = ExitStack()
        self._into: Path | None = None
        self._fetched: dict[str, tuple[list[int | str], Path]] = {}

    def names(self, pattern: str) -> list[str]:
        """Matching files, without the ones that Office keeps beside an open file.

        Raises:
            SourceDownError: none, or the folder cannot be read.
        """
        try:
            found = self.folder.names(pattern)
            "".join(found).encode()
        except UnicodeError:  # named in GBK: unpacked here, or by an old server on Windows
            raise self._down(
                "file names are not UTF-8",
                "有的文件名不是 UTF-8 编码（常见于 Windows 上做的压缩包在别处解开）",
                "请把这些文件改名，或请平台方把服务器的文件名编码改为 UTF-8，然后再运行一次；"
                "压缩包可以不解开，直接放进来。",
            ) from None
        except OSError as error:
            where = self._shown_path
            raise self._failed(
                error, f"cannot list {pattern}", f"没有找到文件 {pattern}，目录 {where} 列不出来"
            ) from None
        found = [one for one in found if not is_noise(PurePosixPath(one).name)]
        if not found:
            raise self._down(f"no file matches {pattern}", f"没有找到文件 {pattern}")
        return found

    def marks(self, pattern: str, known: Marks) -> Marks:
        """Size, time and hash of every file; one as old and as long as before is not hashed.

        Raises:
            SourceDownError: none matches, or one cannot be opened.
        """
        return {name: self._mark(name, known) for name in self.names(pattern)}

    def local(self, name: str) -> Path:
        """The file on this machine.

        Raises:
            SourceDownError: it cannot be opened or fetched.
        """
        try:
            stamp = self.folder.stamp(name)
            if isinstance(self.folder, LocalFolder):
                return self.folder.root / name
            if name not in self._fetched or self._fetched[name][0] != stamp:
                into = self._temporary() / str(len(self._fetched))  # never a name from elsewhere
                if self.folder.fetch(name, into).stat().st_size != stamp[0]:
                    raise self._changed(name)
                self._fetched[name] = (stamp, into)
            return self._fetched[name][1]
        except OSError as error:
            raise self._unopened(error, name) from None

    def refuse_changed(self, name: str, mark: list[int | str]) -> None:
        """After a file was read.

        Raises:
            SourceDownError: it is no longer the file whose mark was taken.
        """
        try:
            same = self.folder.stamp(name) == mark[:2]
        except OSError as error:
            raise self._unopened(error, name) from None
        if not same:
            raise self._changed(name)

    @property
    def folder(self) -> "LocalFolder | RemoteFolder":
        """Connected at first use.

        Raises:
            SourceDownError: not reachable.
            SourceRefusedError: account or host key were refused.
            ConfigError: a setting or a library is missing.
        """
        if self._folder is None:
            if "://" in self.settings.path:
                from connectors.remote_files import RemoteFolder

                self._folder = RemoteFolder(self.platform, self.home)
            else:
                self._folder = LocalFolder(self.home / self.settings.path)
        return self._folder

    def close(self) -> None:
        """Delete what was fetched."""
        if self._folder is not None and not isinstance(self._folder, LocalFolder):
            self._folder.close()
        self._kept.close()
        self._folder, self._into, self._fetched = None, None, {}

    @property
    def _shown_path(self) -> str:
        return PurePosixPath(self.settings.path).name

    def _changed(self, name: str) -> SourceDownError:
        return self._down(f"{name} changed while it was read", f"文件 {name} 正在被改写")

    def _unopened(self, error: OSError, name: str) -> SourceDownError:
        return self._failed(error, f"{name} cannot be opened", f"文件 {name} 打不开")

    def _failed(self, error: OSError, english: str, chinese: str) -> SourceDownError:
        if isinstance(error, ConnectionError | TimeoutError):
            advice = "与服务器的连接断了，或对方一直不应答。请检查网络，稍后再运行一次。"
        elif isinstance(error, PermissionError):
            advice = "没有读取的权限。请提供方给本账号列出和读取的权限，然后再运行一次。"
        elif isinstance(error, FileNotFoundError | NotADirectoryError):
            advice = "它不存在，或刚被移走、改名。请核对 path 和文件，然后再运行一次。"
        else:
            advice = ""
        return self._down(f"{english} ({type(error).__name__})", chinese, advice)

    def _down(self, english: str, chinese: str, advice: str = "") -> SourceDownError:
        """A file that is not there, or not now."""
        advice = advice or (
            f"请确认文件已放进目录 {self._shown_path}、没有被别的程序占用，然后再运行一次。"
        )
        return SourceDownError(
            f"{self.platform.platform}: {english}",
            zh=f"「{self.platform.title}」{chinese}：{advice}",
        )

    def _mark(self, name: str, known: Marks) -> list[int | str]:
        try:
            seen = self.folder.stamp(name)
            if name in known and known[name][:2] == seen:
                return known[name]
            with self.local(name).open("rb") as file:
                return [*seen, file_digest(file, "sha256").hexdigest()]
        except OSError as error:
            raise self._unopened(error, name) from None

    def _temporary(self) -> Path:
        if self._into is None:
            self._into = self._kept.enter_context(scratch())
        return self._into


def hashes(marks: Marks) -> dict[str, Any]:
    """File name -> SHA-256."""
    return {name: mark[2] for name, mark in marks.items()}


def changed(marks: Marks, before: Marks) -> Iterator[str]:
    """Files that are new, or hold something else than before."""
    old = hashes(before)
    yield from (name for name, mark in marks.items() if old.get(name) != mark[2])


def older(marks: Marks, before: Marks) -> Iterator[str]:
    """Changed files that are older than what stood there before, where times tell."""
    for name in changed(marks, before):
        now, then = marks[name][1], before.get(name, marks[name])[1]
        if isinstance(now, int) and isinstance(then, int) and now < then:
            yield name


def by_age(marks: Marks) -> list[str]:
    """The oldest first where times tell, as they would have come; else by name."""

    def age(name: str) -> tuple[str, str]:
        when = str(marks[name][1]).rjust(20)
        return (when if re.fullmatch(r" *\d+|\d{4}-\d\d-.*", when) else "", name)

    return sorted(marks, key=age)
