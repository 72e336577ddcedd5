"""Import a slow library without what it imports itself and we never use of it, and faster.

Each context holds while the `with` lasts; whoever imports the same afterwards gets the real thing.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

SELDOM = 100_000
"""New objects until the youngest are gone through."""


def collect_seldom() -> None:
    """Import and run with hardly any search for garbage.

    Libraries make some hundred thousand objects that all stay, and to go through them again and
    again is a fifth of the time that importing them takes.
    """
    gc.set_threshold(SELDOM, 20, 50)


def collect_no_more() -> None:
    """Say before a process ends that no garbage need be looked for then: that takes a second."""
    gc.disable()
    gc.freeze()


@contextmanager
def without(*names: str) -> Iterator[None]:
    """As if these packages were not installed, unless they are imported already."""
    missing = _Missing(names)
    sys.meta_path.insert(0, missing)
    try:
        yield
    finally:
        sys.meta_path.remove(missing)


@contextmanager
def deferring(*names: str) -> Iterator[None]:
    """What is taken out of these modules is imported when it is first used, if it ever is."""
    stand_ins = {name: _Later(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class _Missing(MetaPathFinder):
    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


class _Later(ModuleType):
    def __getattr__(self, name: str) -> "_Deferred":
        if name.startswith("__"):
            raise AttributeError(name)
        return _Deferred(self.__name__, name)


class _Deferred:
    """Something in a module; used in any way, it is that thing."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def __getattr__(self, name: str) -> object:
        return getattr(self._real(), name)

    def __call__(self, *args: object, **options: object) -> object:
        return self._real()(*args, **options)

    def _real(self) -> Any:  # noqa: ANN401 - whatever it is
        module, name = self._place
        return getattr(import_module(module), name)
