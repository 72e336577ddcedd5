"""`python -m bench.identity`: make worlds up, resolve them, and print the tables."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace

from bench.identity.cases import Found, Steady, measure, measure_core, steady
from bench.identity.febrl import UnreachableError, febrl, repeating
from bench.identity.recipes import RECIPES
from bench.identity.scores import Score
from bench.identity.shown import FIELDS
from identity.model import read_model


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for."""
    given = _parser().parse_args(arguments)
    unknown = set(given.recipes) - set(RECIPES)
    if unknown:
        raise SystemExit(f"--recipes takes {', '.join(RECIPES)}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("recipe     seed records | exact F1 | precision  recall   F1      | B-cubed F1 | asked  "
          "| F1 answered | largest | s")  # fmt: skip
    found = []
    for recipe in given.recipes:
        for seed in given.seeds:
            found.append(measure(recipe, given.people, seed))
            print(line(found[-1]), flush=True)
    print("\nrecipe     seed | households  grids    | " + "  ".join(f"{f:10}" for f in FIELDS))
    print("\n".join(map(shown_line, found)))
    if given.febrl:
        print(febrl_lines())
    if given.steady:
        print(steady_lines(steady(given.steady, given.seeds[0])))


def line(found: Found) -> str:
    """One world as a line of the table."""
    return (
        f"{found.recipe:10} {found.seed:4} {found.records:7} |  {found.exact.f1:.3f}   | "
        f"{_three(found.pairs)} |  {found.cubed.f1:.5f}   | {found.asked:6.2%} |   "
        f"{found.answered.f1:.5f}   | {found.largest:7} | {found.seconds:.1f}"
    )


def shown_line(found: Found) -> str:
    """What is shown of people, as a line of the second table: shares that are right."""
    right = found.shown
    fields = "  ".join(f"{right.fields[field]:<10.2%}" for field in FIELDS)
    said = "  ".join(f"{right.said[field]:<10.2%}" for field in FIELDS)
    return (
        f"{found.recipe:10} {found.seed:4} | {right.households:<10.2%}  {right.grids:<8.2%} | "
        f"{fields}\n"
        f"     said by some record |             {right.said['grid']:<8.2%} | {said}"
    )


def febrl_lines() -> str:
    """FEBRL 3 and 4 at the shipped thresholds; or why they could not be had."""
    try:
        sets = febrl()
    except UnreachableError as error:
        return f"FEBRL was left out: {error}"
    return "\n".join(
        f"{name}: {core.height} records, {_three(score)}, {seconds:.1f} s"
        for name, core in sets.items()
        for model in [replace(read_model(), repeating=repeating(core))]
        for score, seconds in [measure_core(core, model)]
    )


def steady_lines(found: Steady) -> str:
    """The figures of time and of ids."""
    return (
        f"{found.records:,} records: {found.full_seconds:.1f} s, peak {found.peak_mb:,.0f} MB; "
        f"1% changed {found.changed_seconds:.2f} s "
        f"({found.changed_seconds / found.full_seconds:.1%} of the time, "
        f"{found.changed_cpu:.1%} of the CPU); "
        f"ids the same on a rerun: {found.same_on_rerun}, shuffled: {found.same_shuffled}"
    )


def _three(score: Score) -> str:
    return f"{score.precision:.5f}  {score.recall:.5f}  {score.f1:.5f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.identity", description=__doc__)
    parser.add_argument("--recipes", type=_words, default=("ordinary", "hard"), help="a,b,…")
    parser.add_argument("--seeds", type=_numbers, default=(11, 12, 13), help="1,2,…")
    parser.add_argument("--people", type=int, default=6_000)
    parser.add_argument("--febrl", action="store_true", help="FEBRL 3 and 4 as well")
    parser.add_argument("--steady", type=int, default=0, help="people of the town that is timed")
    return parser


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


if __name__ == "__main__":
    main()
