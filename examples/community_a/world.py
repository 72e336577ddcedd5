"""Community A as it truly is: the same for the same seed, exact in every published number."""

from examples.community_a.circumstances import settle_circumstances
from examples.community_a.labelling import label_people
from examples.community_a.lives import live
from examples.community_a.people import SEED, Town
from examples.community_a.settling import (
    Settlers,
    settle_gone,
    settle_registered,
    settle_tenants,
)


def build(seed: int = SEED) -> Town:
    """The community on the world's day: people, households, flats and grids."""
    settlers = Settlers(seed)
    settle_registered(settlers)
    settle_tenants(settlers)
    settle_gone(settlers)
    live(settlers)
    town = Town(settlers.people, settlers.households)
    label_people(town, seed)
    settle_circumstances(town, seed)
    return town
