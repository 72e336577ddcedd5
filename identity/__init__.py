"""Who is who: evidence, links, ids for life, the golden record, households and grids.

Works on the tables of an open brain; knows nothing of platforms' files or of Dagster.
"""
