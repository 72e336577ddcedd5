"""People whom a department's file names already: who of ours each row is."""

from collections.abc import Iterator, Mapping, Sequence

from reports.form_file import FormFile, Sheet
from reports.layout import Layout
from reports.people import People
from reports.texts import squeezed


def listed(layout: Layout, sheet: Sheet, people: People) -> tuple[dict[int, str], list[int]]:
    """Each row's resident; and the rows of those who are nobody here, or of more than one.

    By the number, whose name must be the same where one stands there; by the name alone only where
    there is no number and no other of that name.
    """
    by_number: dict[str, list[tuple[str, str]]] = {}
    by_name: dict[str, list[str]] = {}
    told = people.frame.select("resident_id", "id_number", "name").iter_rows()
    for resident, number, name in told:
        by_name.setdefault(squeezed(name), []).append(resident)
        by_number.setdefault(number or "", []).append((resident, squeezed(name)))
    found: dict[int, str] = {}
    amiss: list[int] = []
    for row, number, name in _named(layout, sheet):
        whose = [one for one, own in by_number.get(number, []) if name in ("", own)]
        mine = whose if number else by_name.get(name, [])
        if len(mine) == 1 and mine[0] not in found.values():
            found[row] = mine[0]
        else:
            amiss.append(row)
    return found, amiss


def now_called(form: FormFile, merged: Mapping[str, str]) -> FormFile:
    """A form whose rows name people by the ids that they have now: some were merged since.

    Of two rows that turned out to be one person the first is filled.
    """
    sheets = []
    for one in form.sheets:
        rows: dict[str, int] = {}
        for row, resident in one.given.items():
            rows.setdefault(merged.get(resident, resident), row)
        given = {row: resident for resident, row in rows.items()}
        sheets.append(one.model_copy(update={"given": given}))
    return form.model_copy(update={"sheets": tuple(sheets)})


def _named(layout: Layout, sheet: Sheet) -> Iterator[tuple[int, str, str]]:
    """Row, number and name of each row that has one of them."""
    names = [nth for nth, one in enumerate(sheet.columns) if one.item == "name"]
    numbers = [nth for nth, one in enumerate(sheet.columns)
               if one.item == "id_number" and not one.boxes]  # fmt: skip
    for row, texts in enumerate(layout.stubs, layout.body[0]):
        number, name = _first(texts, numbers).upper(), _first(texts, names)
        if number or name:
            yield row, number, name


def _first(texts: Sequence[str | None], columns: Sequence[int]) -> str:
    return next((squeezed(texts[nth]).strip("'’‘") for nth in columns if texts[nth]), "")
