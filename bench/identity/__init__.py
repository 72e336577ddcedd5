"""How well the hub tells who is who: `python -m bench.identity`.

Worlds are made up with their truth (people, households, six platforms, recipes of dirt); nothing
here uses the code that is judged, except to standardise, resolve and read the links.
"""
