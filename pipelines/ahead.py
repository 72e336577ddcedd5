"""The next chunk of a platform is fetched while the one before is compared and stored."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

from connectors.chunk import Chunk


def ahead(chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
    """The same chunks in the same order, each made by another thread one ahead of its turn.

    An error comes when its place in the order has come. Who stops early must close it, and waits
    until the one chunk under way is made; a generator is closed by the thread that ran it.
    """
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(next, chunks, None)
        try:
            while (chunk := coming.result()) is not None:
                coming = thread.submit(next, chunks, None)
                yield chunk
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                thread.submit(close).result()
