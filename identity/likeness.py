"""Whether two names may be one name badly written, as SQL over evidence."""

SLIP = """
    coalesce({0}.bare = {1}.bare OR {0}.letters = {1}.letters OR {0}.sound = {1}.sound
        OR {0}.glyphs = {1}.glyphs, false)
    OR len({0}.bare) > 2 AND len({1}.bare) > 2 AND (
        starts_with({0}.bare, {1}.bare) OR starts_with({1}.bare, {0}.bare))
    OR coalesce({0}.bare IN ({1}.c1 || {1}.c2, {1}.c1 || {1}.rest, {1}.c2 || {1}.rest)
        OR {1}.bare IN ({0}.c1 || {0}.c2, {0}.c1 || {0}.rest, {0}.c2 || {0}.rest), false)"""
LOOSE = """
    OR (coalesce({0}.titled, false) OR coalesce({1}.titled, false)) AND {0}.c1 = {1}.c1
    OR len({0}.bare) > 2 AND len({0}.bare) = len({1}.bare)
        AND ({0}.c1 = {1}.c1)::INT + ({0}.c2 = {1}.c2)::INT + ({0}.rest = {1}.rest)::INT >= 2"""


def alike(one: str, other: str) -> str:
    """SQL: the names of two rows of evidence may be one, a title or another character allowed."""
    return f"({SLIP}{LOOSE})".format(one, other)


def slip(one: str, other: str) -> str:
    """SQL: a slip of ear, eye or hand explains the difference; siblings' names do not count."""
    return f"coalesce({SLIP}, false)".format(one, other)
