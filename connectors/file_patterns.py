"""Files below a folder that match a pattern, wherever the folder is.

A folder that cannot be listed is an error: its files would else count as taken away. So neither
`pathlib` nor fsspec lists here, which leave such a folder out.
"""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["file", "folder", "linked"]
"""`linked` is a folder behind a link, into which `**` does not go: it may lead in a circle."""

Entries = Callable[[str], Iterable[tuple[str, Kind]]]
"""The names in a folder, which is '' or ends with a slash, and what they are."""


def is_noise(name: str) -> bool:
    """What Office, Windows and macOS leave beside the files."""
    return name.startswith(("~$", ".")) or name.lower() in ("thumbs.db", "desktop.ini")


def matching(entries: Entries, pattern: str) -> list[str]:
    """Matching files, sorted; `**` is any folders or none.

    Raises:
        OSError: of `entries`, for a folder that has to be looked into.
    """

    @cache
    def listed(folder: str) -> list[tuple[str, Kind]]:
        return list(entries(folder))

    def below(folder: str, head: str, *rest: str) -> Iterator[str]:
        if head == "**":
            yield from below(folder, *(rest or ("*",)))
            head, rest = "*", (head, *rest)
            kinds: tuple[Kind, ...] = ("folder",)
        else:
            kinds = ("folder", "linked") if rest else ("file",)
        for name, kind in listed(folder):
            if kind in kinds and fnmatchcase(name, head):
                if rest:
                    yield from below(f"{folder}{name}/", *rest)
                else:
                    yield folder + name

    return sorted(set(below("", *PurePosixPath(pattern).parts)))
