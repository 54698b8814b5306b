"""Where things that are made or fetched once are kept between runs."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Folder of converted models and fetched data; `R1CI_CACHE` overrides it."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "r1-code-interpreter"
    return Path(os.environ.get("R1CI_CACHE", default))
