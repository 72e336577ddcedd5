"""The pages, a module each; each is thin: read what was asked, note it, show it."""
