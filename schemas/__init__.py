"""The standard: entities, code tables, normalisers, and the mapping of a platform onto them."""
