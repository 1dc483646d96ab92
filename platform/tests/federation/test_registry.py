"""What the master knows of its nodes, and how soon it knows when that changes."""

from __future__ import annotations

from typing import Any

from members import SAMPLE, Federation, Member


async def test_the_registry_shows_what_nodes_report(federation: Federation) -> None:
    member = federation.members[0]
    found = await federation.reports(member, slots=1)
    assert found["name"] == "node-0"
    assert f"http://{found['ipAddressOrDns']}:{found['ipPort']}" == found["baseUrl"] == member.to_node.url
    assert abs(found["clockSkew"]) < 2
    info = await member.node.get("/info")
    assert found["version"] == info["version"]
    for amounts in ("total", "promised"):
        assert found["computationResources"][amounts]["cpu"] == info["computationResources"][amounts]["cpu"]
    (load,) = found["load"]["repositories"]
    assert (load["name"], load["instances"], load["free"], load["queued"]) == ("sample", 1, 1, 0)
    assert load["startQuota"]["cpu"] == 0.5, "another instance like the one that is there"
    page = await federation.master.get("/oaasNodes", limit=1)
    assert page["next"] is not None
    rest = await federation.master.get("/oaasNodes", cursor=page["next"])
    assert {each["id"] for each in page["items"] + rest["items"]} >= {each.id for each in federation.members}


async def test_people_say_what_a_node_is_good_for(federation: Federation) -> None:
    path = f"/oaasNodes/{federation.members[0].id}"
    changed = await federation.master.put(path, {"labels": {"country": "de"}, "owner": "lab"})
    assert (changed["labels"], changed["owner"]) == ({"country": "de"}, "lab")
    assert (await federation.master.put(path, {"description": "in the cellar"}))["labels"] == {"country": "de"}
    await federation.master.put(path, {"labels": {}})
    await federation.master.put(path, {"labels": {"": "x"}}, status=422)
    await federation.master.put("/oaasNodes/999999", {"owner": "x"}, status=404)


async def test_algorithms_of_all_nodes_are_one_catalogue(federation: Federation) -> None:
    for member in federation.members:
        await federation.reports(member, slots=1)
    (noop,) = (await federation.master.get("/algorithms", name="noop"))["items"]
    assert noop["algorithmRepositoryName"] == "sample"
    offers = {each["oaasNodeId"]: each for each in noop["nodes"]}
    for member in federation.members:
        offer = offers[member.id]
        assert (offer["status"], offer["slots"], offer["freeSlots"]) == ("ready", 1, 1)
        local = await member.node.get(f"/algorithms/{offer['algorithmId']}")
        assert (local["name"], local["version"]) == ("noop", noop["version"])
        assert local["inputSchema"] == noop["inputSchema"]
    assert await federation.master.get(f"/algorithms/{noop['id']}") == noop
    found = await federation.master.get("/algorithms", search="ADDS NUMBERS")
    assert [each["name"] for each in found["items"]] == ["noop"]
    assert (await federation.master.get("/algorithms", version="none"))["items"] == []


async def test_an_algorithm_keeps_its_id_when_nodes_come_and_go(federation: Federation, spare: Member) -> None:
    await spare.join(await federation.token())
    repository = await spare.node.register(str(SAMPLE), name="other")
    wanted = {"name": "noop", "algorithmRepositoryName": "other"}
    (noop,) = await federation.lists("/algorithms", count=1, **wanted)
    assert [each["oaasNodeId"] for each in noop["nodes"]] == [spare.id]
    await spare.node.delete(f"/algorithmRepositories/{repository['id']}", status=204)
    await federation.lists("/algorithms", count=0, **wanted)
    await federation.master.get(f"/algorithms/{noop['id']}", status=404)
    repository = await spare.node.register(str(SAMPLE), name="other")
    (again,) = await federation.lists("/algorithms", count=1, **wanted)
    assert again["id"] == noop["id"]
    assert again["nodes"][0]["algorithmId"] != noop["nodes"][0]["algorithmId"]
    await spare.node.delete(f"/algorithmRepositories/{repository['id']}", status=204)


async def test_a_node_that_is_killed_is_unreachable_until_it_is_back(federation: Federation) -> None:
    member = federation.members[1]
    await member.node.kill()
    await federation.becomes(member, "unreachable")
    assert (await _nodes(federation))["unreachable"] == 1
    await _is_away(federation, member)
    await member.node.start()
    await federation.becomes(member, "ready")
    assert (await _nodes(federation))["unreachable"] == 0
    await federation.master.get(f"/algorithmRepositories/{member.id}")


async def test_a_split_between_node_and_master_heals(federation: Federation) -> None:
    member = federation.members[1]
    member.cut()
    await federation.becomes(member, "unreachable")
    await _is_away(federation, member)
    # The node goes on without its master.
    assert (await member.node.run("noop", {"numbers": [1, 2]}))["output"] == {"sum": 3}
    assert (await federation.registered(federation.members[0]))["status"] == "ready"
    member.mend()
    await federation.becomes(member, "ready")
    assert (await member.node.get("/master"))["trouble"] is None


async def test_a_master_that_was_killed_knows_its_nodes(federation: Federation) -> None:
    await federation.master.kill()
    member = federation.members[0]
    assert (await member.node.run("noop", {"numbers": [3]}))["output"] == {"sum": 3}
    await federation.master.start()
    assert (await federation.registered(member))["status"] == "ready", "nobody has heard the nodes meanwhile"
    before = (await federation.registered(member))["lastSeenAt"]
    while (await federation.becomes(member, "ready"))["lastSeenAt"] == before:
        pass


async def _nodes(federation: Federation) -> dict[str, int]:
    """By status, as the metrics have it."""
    text = (await federation.master.http.get("/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith("oaas_master_nodes{")]
    return {line.split('"')[1]: int(float(line.split()[-1])) for line in lines}


async def _is_away(federation: Federation, member: Member) -> None:
    """Whatever is asked of the node, the master says at once that it is away."""
    problem: dict[str, Any] = {}
    for path in ("algorithmRepositories", "algorithmRepositoriesInstances", "algorithmExecutions"):
        answer = await federation.master.http.get(f"/{path}/{member.id}")
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (503, "nodeUnreachable")
        assert "Retry-After" in answer.headers
    assert "'node-1'" in problem["detail"]
    assert f"id {member.id}" in problem["detail"]
