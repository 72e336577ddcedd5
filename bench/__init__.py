"""How fast, and in how much memory: `python -m bench`.

The sources are made up (people, households, dirt) and put into real servers and files; only what
the hub does with them is timed, each time in a process of its own.
"""
