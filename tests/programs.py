"""What the tests need of the distribution: servers, a browser, an office suite, Chinese letters.

Run once before the tests, so that no two of them install at the same time.
"""

import shutil
from pathlib import Path

from examples.community_a.servers import PACKAGES, install, installed

CHROMIUM = Path("/usr/bin/chromium")
FONTS = Path("/usr/share/fonts/truetype/wqy")


def missing() -> list[str]:
    """The packages of what is not there."""
    there = {
        "chromium": CHROMIUM.exists(),
        "fonts-wqy-zenhei": FONTS.exists(),
        "libreoffice-calc": shutil.which("soffice") is not None,
    }
    servers = [PACKAGES[name] for name, held in installed().items() if not held]
    return [*servers, *(name for name, held in there.items() if not held)]


if __name__ == "__main__":
    install(missing())
