"""bus demo: runs to its end by itself and leaves nothing behind."""

from busproc import processes_with


def test_demo(world):
    temporary = world.root / "tmp"
    temporary.mkdir()
    done = world.run("demo", env={"TMPDIR": str(temporary), "BUS_LISTEN": ""})
    assert "workflow_run" in done.out
    assert processes_with(world.mark) == {}
    assert list(temporary.iterdir()) == []
    for path in (world.config, world.state, world.runtime):
        assert not path.exists(), "the demo used the user's own folders"


def test_demo_beside_a_host(world):
    world.serve()
    world.run("demo")
    assert world.events() == [] and list(processes_with(world.mark)) == [world.host.pid]
