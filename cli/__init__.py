"""The `hub` command: thin commands, one module a noun; `cli.main.main` is where it starts."""
