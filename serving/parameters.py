"""Which parameters of an address a route knows: what it does not know is refused, not left out."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute


def parameters(route: APIRoute) -> frozenset[str]:
    """Those of the route itself and of all it depends on."""
    return frozenset(_named(route.dependant))


def _named(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for each in dependant.dependencies:
        yield from _named(each)
