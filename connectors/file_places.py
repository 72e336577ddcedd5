"""Where a platform's files are: a folder here, or one that fsspec reaches (SFTP, S3).

A file elsewhere is fetched once into a folder that only this account can open, and deleted with
the connector. What was fetched before and is as old and as long as then is not fetched again.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

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
        found = (one for one in self.root.glob(pattern) if one.is_file())
        return sorted(one.relative_to(self.root).as_posix() for one in found)

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
        except (OSError, ValueError, NotImplementedError):  # a pattern may make no sense too
            raise self.down(f"cannot list {pattern}", f"目录读不了，找不到 {pattern}") from None
        found = [one for one in found if not PurePosixPath(one).name.startswith(("~$", "."))]
        if not found:
            raise self.down(f"no file matches {pattern}", f"没有找到文件 {pattern}")
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
                self._fetched[name] = (stamp, self.folder.fetch(name, into))
            return self._fetched[name][1]
        except OSError:
            raise self.down(f"{name} cannot be opened", f"文件 {name} 打不开") from None

    def refuse_changed(self, name: str, mark: list[int | str]) -> None:
        """After a file was read.

        Raises:
            SourceDownError: it is no longer the file whose mark was taken.
        """
        try:
            same = self.folder.stamp(name) == mark[:2]
        except OSError:
            same = False
        if not same:
            raise self.down(f"{name} changed while it was read", f"文件 {name} 正在被改写")

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

    def down(self, english: str, chinese: str) -> SourceDownError:
        """A file that is not there, or not now."""
        return SourceDownError(
            f"{self.platform.platform}: {english}",
            zh=f"「{self.platform.title}」{chinese}：请确认文件已放进目录 "
            f"{PurePosixPath(self.settings.path).name}、没有被别的程序占用，然后再运行一次。",
        )

    def _mark(self, name: str, known: Marks) -> list[int | str]:
        try:
            seen = self.folder.stamp(name)
            if name in known and known[name][:2] == seen:
                return known[name]
            with self.local(name).open("rb") as file:
                return [*seen, file_digest(file, "sha256").hexdigest()]
        except OSError:
            raise self.down(f"{name} cannot be opened", f"文件 {name} 打不开") from None

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
