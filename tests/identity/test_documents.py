"""Passports, permits and addresses in foreign letters: evidence of their own strength."""

from small_world import Hub, Record, empty_brain

BORN = {"birth_year": 1980, "birth_date": "1980-05-06"}
OTHERWISE = {"birth_year": 1947, "birth_date": "1947-11-23"}
STREET = "177 Pridham Street, Milton, Marsden 3165"


def foreigner(name: str, document: str | None = None, **said: object) -> Record:
    status = "missing" if document is None else "valid"
    return Record(name, document, id_status=status, **said)  # type: ignore[arg-type] # any of its fields


def groups(
    records: dict[str, Record], addresses: dict[str, str] | None = None
) -> set[frozenset[str]]:
    hub = Hub(empty_brain())
    for key, record in records.items():
        hub.link({key: record}, residence_address=(addresses or {}).get(key))
    return hub.groups()


def test_a_slip_in_a_passport_does_not_part() -> None:
    found = groups(
        {
            "1": foreigner("Harley McCarthy", "E18049742", **BORN),
            "2": foreigner("McCarthy Harley", "E18094742", platform="q", **BORN),
            "3": foreigner("Lydia Webb", "E77049149", **BORN),
        }
    )
    assert found == {frozenset("12"), frozenset("3")}


def test_two_passports_may_be_one_persons() -> None:
    found = groups(
        {
            "1": foreigner("Harley McCarthy", "E18049742", phone="138", **BORN),
            "2": foreigner("Harley McCarthy", "PA9983215", phone="138", platform="q", **BORN),
        }
    )
    assert found == {frozenset("12")}


def test_one_passport_outweighs_a_mistyped_birth() -> None:
    records = {
        "1": foreigner("Harley McCarthy", "E18049742", **BORN),
        "2": foreigner("Harley McCarthy", "E18049742", platform="q", **OTHERWISE),
        "3": foreigner("Harley McCarthy", phone="138", **OTHERWISE),
        "4": foreigner("Harley McCarthy", phone="139", platform="q", **BORN),
    }
    assert groups({key: records[key] for key in "12"}) == {frozenset("12")}
    found = groups({key: records[key] for key in "34"})
    assert found == {frozenset("3"), frozenset("4")}, "nothing says that one birth is a slip"


def test_a_third_record_fits_either_birth_of_one_passport() -> None:
    found = groups(
        {
            "1": foreigner("Harley McCarthy", "E18049742", phone="138", **BORN),
            "2": foreigner("Harley McCarthy", "E18049742", platform="q", **OTHERWISE),
            "3": foreigner("Harley McCarthy", phone="138", platform="r", **BORN),
        }
    )
    assert found == {frozenset("123")}


def test_a_familys_passports_in_a_row_are_no_slip() -> None:
    found = groups(
        {
            "1": foreigner("Harley McCarthy", "E18049742", phone="138", **BORN),
            "2": foreigner("Mary McCarthy", "E18049743", phone="138", **OTHERWISE),
        }
    )
    assert len(found) == 2


def test_a_number_that_many_write_in_is_nobodys() -> None:
    names = ("Ann Fox", "Ben Hill", "Cid Moor", "Dan Pike", "Eva Rush", "Fay Tarn", "Gus Vale",
             "Hal Wynd")  # fmt: skip
    records = {name: foreigner(name, "1234567", **BORN) for name in names}
    assert len(groups(records)) == len(names)


def test_addresses_in_foreign_letters_speak_though_they_are_not_parsed() -> None:
    said = {
        "1": foreigner("Harley McCarthy", **BORN),
        "2": foreigner("Harlye McCarthy", platform="q"),
    }
    slips = {"1": STREET, "2": "177 Pridhamstreet, Miltn, Marsden 3165"}
    assert groups(said, slips) == {frozenset("12")}
    elsewhere = {"1": STREET, "2": "6 Kent Road, Towradgi 2518"}
    assert len(groups(said, elsewhere)) == 2
