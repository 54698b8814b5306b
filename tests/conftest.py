"""What holds for every test: no usage statistics, a Ray token that is not the user's own, no fixed hash seed."""

import os
import tempfile
import uuid
from pathlib import Path

import hypothesis

# Before anything imports ray, which reads its environment early. Child processes inherit all of it.
_FOLDER = tempfile.TemporaryDirectory(prefix="r1ci-tests-")
_TOKEN = Path(_FOLDER.name) / "token"
_TOKEN.write_text(uuid.uuid4().hex)
os.environ["RAY_AUTH_TOKEN_PATH"] = str(_TOKEN)
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# A claim that holds for one order of hashing only is no claim: every process draws its own.
os.environ.pop("PYTHONHASHSEED", None)

# How long an example takes says nothing on a machine that is busy with other things.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")
