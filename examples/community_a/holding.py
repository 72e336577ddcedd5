"""What a platform holds: one record, what it says once cleaned, and whom it is about.

`Clerk` decides for each record how much of the person it knows. The promise it keeps: a record
without a valid number has a telephone or a flat that stands on a numbered record of the same
person too, and nobody else of that name ever had that telephone or that flat.
"""

from dataclasses import dataclass, field
from random import Random

from examples.community_a import dirt
from examples.community_a.people import Household, Person, Town
from examples.community_a.places import Dwelling

Row = dict[str, str | None]


@dataclass(frozen=True)
class Says:
    """A record's evidence in clean form; None where it says nothing."""

    name: str | None = None
    id_number: str | None = None
    id_status: str = "missing"  # valid, check_failed, truncated, masked, missing, other
    phone: str | None = None
    room: str | None = None


@dataclass(frozen=True)
class Held:
    """One record at a platform. `key` is its key columns' text joined by `|`."""

    platform: str
    stream: str
    key: str
    row: Row
    person: Person | None = None
    says: Says = field(default_factory=Says)
    fate: str = "kept"  # kept, quarantined, deleted


class Presence:
    """Which of the two big registers holds whom, and which of them holds the person in full."""

    def __init__(self, town: Town, seed: int) -> None:
        rng = Random(f"{seed}:presence")
        self.households: dict[str, Household] = {h.id: h for h in town.households}
        self.district: set[str] = set()
        self.grid: set[str] = set()
        self.full_in_district: set[str] = set()
        for person in town.people:
            self._place(rng, person)

    def _place(self, rng: Random, person: Person) -> None:
        gone = not person.present
        if (
            person.residence_type in "12"
            or gone
            or (person.residence_type == "3" and rng.random() < 0.83)
        ):
            self.district.add(person.id)
        if person.residence_type in "345":
            share = 0.3 if person.died_on else 0.0 if gone else 1.0
        else:
            share = 0.4 if gone or person.residence_type == "2" else 0.95
            if person.relation == "02" and person.counted:
                share = 1.0  # relatives without a number are found through the head
        if rng.random() < share:
            self.grid.add(person.id)
        both = person.id in self.district and person.id in self.grid
        plain = both and person.id_status == "valid" and person.residence_type in "13"
        if person.id not in self.grid or (
            plain and person.relation != "02" and rng.random() < 0.07
        ):
            self.full_in_district.add(person.id)

    def away(self, person: Person) -> bool:
        """Lives elsewhere, and no numbered record names the flat: only the telephone tells."""
        return person.residence_type == "2" and person.id not in self.grid

    def head_of(self, person: Person) -> Person:
        """The head of the person's household."""
        return self.households[person.household].head


class Clerk:
    """Types records at one platform, with its own habits."""

    def __init__(self, platform: str, presence: Presence, seed: int) -> None:
        self.platform = platform
        self.presence = presence
        self.rng = Random(f"{seed}:{platform}")

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.rng.random() < share

    def number(self, person: Person, weak: dict[str, float]) -> tuple[str | None, str]:
        """The number's text and what it is worth; `weak` gives the shares of lesser states."""
        clean = person.id_number
        if clean is None:
            return dirt.blank(self.rng), "missing"
        state = self._state(weak)
        if person.id_status != "valid" and state != "missing":
            return clean, person.id_status
        if state == "truncated" and (damaged := dirt.truncated(clean)):
            return damaged, state
        if state == "masked":
            return dirt.masked(clean), state
        if state == "missing":
            return dirt.blank(self.rng), state
        return dirt.number(self.rng, clean), "valid"

    def _state(self, weak: dict[str, float]) -> str:
        draw = self.rng.random()
        for state, share in weak.items():
            draw -= share
            if draw < 0:
                return state
        return "valid"

    def contact(
        self, person: Person, status: str, *, stale: float = 0.6, gaps: float = 0.1
    ) -> tuple[str | None, Dwelling | None]:
        """Telephone and flat as this record knows them: now, once, or not at all."""
        phone, home = person.phone, person.home
        away = self.presence.away(person)
        if person.id_status != "valid" or (away and status != "valid"):
            return phone, home
        if person.old_phone and not away and self.chance(stale):
            return person.old_phone, home
        if person.old_home and phone and self.chance(stale):
            return phone, person.old_home
        draw = self.rng.random()
        knows_phone = away or draw >= gaps
        knows_home = not gaps <= draw < 2 * gaps or (phone is None and status != "valid")
        return phone if knows_phone else None, home if knows_home else None

    def phone(self, clean: str | None) -> str | None:
        """A telephone as typed, or a blank."""
        return dirt.phone(self.rng, clean) if clean else dirt.blank(self.rng)

    def name(self, person: Person) -> str:
        """A name as typed."""
        return dirt.name(self.rng, person.name)
