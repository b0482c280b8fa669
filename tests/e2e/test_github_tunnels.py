"""Events behind NAT: GitHub's own WebSocket and smee, against scripted peers that keep their rules."""

import json
import signal

import pytest

from busproc import SECRET, run_payload, until
from tunnel_peer import TOKEN, TunnelPeer

REPO = "octo/hello"


@pytest.fixture
def peer():
    made = TunnelPeer()
    yield made
    made.close()


def serve(world, peer, more="", token=TOKEN):
    """A host whose GitHub is the peer; `more` are lines of its table."""
    world.configure(f'[sources.github]\napi = "{peer.url}"\n{more}\n')
    world.set_secret()
    if token:
        world.set_secret(token, "github_token")
    world.serve()


def source(world):
    return next(one for one in world.json("sources") if one["name"] == "github")


def tunnels(world):
    with world.wire() as wire:
        return wire.ask("deliver", source="github", message={"op": "tunnels"})["reply"]["tunnels"]


def github(world):
    return [event for event in world.events() if event["source"] == "github"]


def compact(**more):
    return json.dumps({"ref": "refs/heads/main", "repository": {"full_name": REPO}, **more}, separators=(",", ":")).encode()


def forwarding(world, peer):
    """The line, once all of it works."""
    line = until(peer.listening, "somebody listens")
    until(lambda: [one["state"] for one in tunnels(world)] == ["connected"], "the source says so")
    return line


def test_a_forwarded_delivery_takes_the_verified_path(world, peer):
    serve(world, peer, f'forward = ["{REPO}"]')
    line = forwarding(world, peer)
    assert peer.secret() == SECRET
    assert (source(world)["state"], source(world)["reason"]) == ("ok", f"forward {REPO}: connected")
    body = b'{ "ref": "refs/heads/main",\n "odd": "\\u00e9\xc3\xa9", "repository": {"full_name": "octo/hello"} }'
    answer = line.deliver(body, delivery="d-1", parts=3)
    assert (answer["Status"], answer["Body"]["status"]) == (202, "accepted")
    assert {line.pongs.get(timeout=60) for _ in range(2)} == {b"in between"}
    again = line.deliver(body, delivery="d-1")
    assert (again["Status"], again["Body"]["status"]) == (200, "duplicate")
    wrong = line.deliver(body, delivery="d-2", secret="somebody else's")
    assert (wrong["Status"], wrong["Body"]["error"]["code"]) == (401, "signature_wrong")
    run = line.deliver(run_payload(), event="workflow_run", delivery="d-3")
    assert run["Status"] == 202
    one, two = github(world)
    assert (one["key"], one["type"], one["scope"], one["data"]["odd"]) == ("d-1", "push", REPO, "éé")
    assert (two["key"], two["task"]["state"], two["task"]["result"]) == ("d-3", "finished", "success")
    state, = tunnels(world)
    assert (state["repo"], state["deliveries"], state["refused"]) == (REPO, 3, 1)


def test_a_large_delivery_comes_whole(world, peer):
    serve(world, peer, f'forward = ["{REPO}"]')
    line = forwarding(world, peer)
    body = compact(much="x" * (8 << 20))
    assert line.deliver(body)["Status"] == 202
    assert len(github(world)[0]["data"]["much"]) == 8 << 20


def test_it_comes_back_through_the_same_hook(world, peer):
    serve(world, peer, f'forward = ["{REPO}"]')
    line = forwarding(world, peer)
    line.cut()
    line = until(lambda: (now := peer.listening()) is not line and now, "it is back")
    until(lambda: tunnels(world)[0]["state"] == "connected", "it says so")
    assert line.deliver(compact())["Status"] == 202
    # The server says goodbye in order.
    line.frame(0x88, b"\x03\xe9going away")
    assert line.closed.get(timeout=60) == 1001
    line = until(lambda: (now := peer.listening()) is not line and now, "it is back again")
    assert line.deliver(compact(), delivery="d-2")["Status"] == 202
    assert peer.asked.count(f"POST /repos/{REPO}/hooks") == 1
    # What no WebSocket may say ends it as well.
    line.frame(0x83, b"?")
    assert line.closed.get(timeout=60) == 1002


def test_a_killed_host_leaves_one_hook_and_uses_it(world, peer):
    serve(world, peer, f'forward = ["{REPO}"]')
    forwarding(world, peer)
    world.kill()
    until(lambda: not peer.lines, "its line is gone")
    world.serve()
    line = forwarding(world, peer)
    assert line.deliver(compact())["Status"] == 202
    assert len(peer.hooks) == 1 and peer.asked.count(f"POST /repos/{REPO}/hooks") == 1
    # GitHub has forgotten it meanwhile: another one is made.
    world.stop()
    peer.hooks.clear()
    world.serve()
    forwarding(world, peer)
    assert len(peer.hooks) == 1 and peer.asked.count(f"POST /repos/{REPO}/hooks") == 2


def test_the_verb_forwards_as_long_as_it_runs(world, peer):
    serve(world, peer)
    assert source(world)["state"] == "ok" and tunnels(world) == []
    client = world.start("github", "forward", REPO, "--events", "push,workflow_run", "--no-autostart")
    line = until(peer.listening, "somebody listens")
    until(lambda: "connected (hook 101)" in client.err, "it is told")
    assert peer.hooks[101]["events"] == ["push", "workflow_run"]
    assert line.deliver(compact())["Status"] == 202
    client.signal(signal.SIGINT)
    assert client.wait() == 130
    assert line.closed.get(timeout=60) == 1000
    assert not peer.hooks and tunnels(world) == []
    assert client.out == "deliveries: 1 taken, 0 refused\n"
    assert not source(world).get("reason")


def test_the_verb_says_why_it_may_not(world, peer):
    serve(world, peer)
    peer.refusal = (403, {"message": "Resource not accessible by personal access token"})
    refused = world.run("github", "forward", REPO, status=77)
    assert "admin:repo_hook" in refused.err and "Resource not accessible" in refused.err
    peer.refusal = None
    peer.hooks[7] = {"repo": REPO, "id": 7, "active": True, "config": {"secret": "theirs"}}
    refused = world.run("github", "forward", REPO, status=77)
    assert "hook 7" in refused.err
    assert list(peer.hooks) == [7] and tunnels(world) == []
    world.run("secret", "remove", "github")
    assert "no secret is set" in world.run("github", "forward", REPO, status=77).err
    assert world.run("github", "forward", "octo", status=2)


def test_a_new_secret_makes_a_new_hook(world, peer):
    serve(world, peer, f'forward = ["{REPO}"]')
    line = forwarding(world, peer)
    world.set_secret("a new one")
    assert line.deliver(compact(), secret=SECRET)["Status"] == 401
    line = until(lambda: (now := peer.listening()) is not line and now, "another hook is made")
    assert peer.secret() == "a new one" and len(peer.hooks) == 1
    assert line.deliver(compact())["Status"] == 202


def test_a_configured_forward_shows_what_is_missing(world, peer):
    peer.refusal = (404, {"message": "Not Found"})
    serve(world, peer, f'forward = ["{REPO}"]')
    until(lambda: source(world)["state"] == "waiting", "it is told")
    assert f"forward {REPO}: making a hook: GitHub answered 404" in source(world)["reason"]
    assert world.status()["state"] == "degraded"


def test_smee_passes_what_its_json_lets_through(world, peer):
    serve(world, peer, f'smee = "{peer.url}/smee/abc"')
    listener = until(lambda: peer.listeners and peer.listeners[0], "somebody listens")
    until(lambda: source(world)["reason"] == "smee: connected", "it is told")
    listener.event("{}", "ping")
    body = compact(text="é/😀", number=1.5)
    peer.smee(listener, json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode(), delivery="s-1")
    until(lambda: len(github(world)) == 1, "the delivery is stored")
    assert github(world)[0]["key"] == "s-1" and source(world)["state"] == "ok"
    # Written with blanks by its sender: what was signed cannot be had again.
    peer.smee(listener, json.dumps(json.loads(body)).encode(), delivery="s-2")
    until(lambda: source(world)["state"] == "degraded", "it is told")
    assert "writes the JSON of each delivery anew" in source(world)["reason"]
    assert len(github(world)) == 1
    state, = tunnels(world)
    assert (state["deliveries"], state["refused"]) == (1, 1)
    # It comes back by itself.
    listener.cut()
    listener = until(lambda: peer.listeners and peer.listeners[0] is not listener and peer.listeners[0], "it is back")
    peer.smee(listener, compact(), delivery="s-3")
    until(lambda: len(github(world)) == 2, "the delivery is stored")
    until(lambda: source(world)["state"] == "ok", "it is told")


def test_the_verb_listens_to_a_channel(world, peer):
    serve(world, peer, token=None)
    client = world.start("github", "smee", f"{peer.url}/smee/abc", "--json", "--no-autostart")
    listener = until(lambda: peer.listeners and peer.listeners[0], "somebody listens")
    until(lambda: "writes the JSON of each delivery anew" in client.err, "it warns")
    peer.smee(listener, compact())
    until(lambda: client.out.count("\n") and client.lines()[-1]["deliveries"] == 1, "it is told")
    client.signal(signal.SIGTERM)
    assert client.wait() == 143
    assert tunnels(world) == []
    peer.refusal = (403, {"message": "disabled"})
    assert "answered 403" in world.run("github", "smee", f"{peer.url}/smee/abc", status=77).err
