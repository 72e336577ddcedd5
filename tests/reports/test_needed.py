"""What a form needs is read and nothing else, and makes no difference to what is filled."""

from pathlib import Path

from hub.settings import Home
from reports.fill import fill, origins_path
from reports.people import people_of
from reports.register import Sent, register
from tests.reports.department_forms import COUNTS, FORMS, write_counts, write_form


def test_reading_what_is_needed_fills_the_same(home: Home, tmp_path: Path) -> None:
    with (home.root / "labels.yaml").open("a", encoding="utf-8") as dictionary:
        dictionary.write("  - {name: 养犬, level: 居, owner: 社区, kind: granted}\n")
    files = [(write_form(one, tmp_path), one.population) for one in FORMS[::6]]
    files += [(write_counts(one, tmp_path), "residents") for one in COUNTS[::4]]
    forms = [
        register(home, path, Sent("民政", population=population)).form for path, population in files
    ]
    with people_of(home, None) as (everything, connection):
        for form in forms:
            with people_of(home, None, form.needed) as (people, _):
                fill(home, connection, form, everything, tmp_path / "all.xlsx")
                fill(home, connection, form, people, tmp_path / "needed.xlsx")
            all_of, needed = (tmp_path / f"{one}.xlsx" for one in ("all", "needed"))
            assert needed.read_bytes() == all_of.read_bytes(), form.form
            if any(sheet.kind == "list" for sheet in form.sheets):
                sources = [origins_path(one).read_bytes() for one in (all_of, needed)]
                assert sources[0] == sources[1], form.form
