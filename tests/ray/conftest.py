import uuid

import driver_process as support
import pytest


@pytest.fixture
def mark():
    name = uuid.uuid4().hex
    yield name
    support.end_marked(name)
