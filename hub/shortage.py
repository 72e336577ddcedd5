"""Too little memory or disk: no fault of the program, and something the officer can mend."""

import errno

from hub.errors import HubError, ShortageError

MEMORY, DISK = (
    "内存不够用，这一步没有做完，已发布的数据没有被改动：请把 hub.yaml 的 memory 调到机器内存的"
    "一半左右、关掉别的程序，再运行一次。",
    "磁盘写满了，这一步没有做完，已发布的数据没有被改动：请清理磁盘（旧快照可用 hub.yaml 的 "
    "retention.snapshots 少留几份），再运行一次。",
)


def as_told(error: Exception) -> HubError | None:
    """Say what the officer can do about an error: ours as it is, a shortage in our words.

    Returns: None if it is a fault of the program. DuckDB's errors are known by name, so that
        telling an error imports nothing.
    """
    if isinstance(error, HubError):
        return error
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if _disk_is_full(error, kinds):
        return ShortageError("the disk is full", zh=DISK)
    if kinds & {"MemoryError", "OutOfMemoryException"}:
        return ShortageError("out of memory", zh=MEMORY)
    return None


def _disk_is_full(error: Exception, kinds: set[str]) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    duckdb_says = ("No space left on device", "max_temp_directory_size")
    from_duckdb = kinds & {"IOException", "OutOfMemoryException"}
    return bool(from_duckdb) and any(one in str(error) for one in duckdb_says)
