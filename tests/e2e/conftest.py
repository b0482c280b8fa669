import resource

import pytest

import busproc


@pytest.fixture(scope="session", autouse=True)
def many_files():
    """Tests that open a thousand connections need a thousand descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))


@pytest.fixture
def world():
    """Private folders, and no host."""
    made = busproc.World()
    yield made
    made.close()


@pytest.fixture
def bus(world):
    """A host of our own, with the webhooks' secret set."""
    world.set_secret()
    world.serve()
    return world
