"""Long lists of short words are easier to read as a sentence than as a hundred quoted lines."""


def words(text: str) -> list[str]:
    """The words of the text."""
    return text.split()
