"""Joining is mutual, by tokens that are good for one node and a while, and a node has one master."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from members import Federation, Member
from nodes import Master


async def test_a_token_is_good_for_one_node(federation: Federation, spare: Member) -> None:
    token = await federation.token()
    first = federation.members[0]
    before = first.id
    assert (await first.join(token))["state"] == "joined"
    assert first.id == before, "joining the same master again is a repair, not another node"
    assert (await spare.join(token, status=403))["code"] == "tokenRefused"
    assert (await spare.node.get("/master"))["state"] == "none"


async def test_tokens_expire_and_strangers_have_none(federation: Federation, spare: Member) -> None:
    made = await federation.master.post("/oaasNodes/tokens", {"expiresInSeconds": 1}, status=201)
    expires_at = datetime.fromisoformat(made["expiresAt"])
    await asyncio.sleep(max(0.0, (expires_at - datetime.now(expires_at.tzinfo)).total_seconds()) + 0.05)
    for token in (made["token"], "0" * 64):
        assert (await spare.join(token, status=403))["code"] == "tokenRefused"


async def test_an_answer_that_is_lost_may_be_asked_for_again(federation: Federation, spare: Member) -> None:
    token = await federation.token()
    spare.to_master.loses = b"POST /oaasNodes "
    assert (await spare.join(token, status=502))["code"] == "masterUnavailable"
    assert (await spare.node.get("/master"))["state"] == "joining"
    (agreed,) = (await federation.master.get("/oaasNodes", name="spare"))["items"]
    spare.to_master.loses = None
    await spare.join(token)
    assert spare.id == agreed["id"]
    heard = agreed["lastSeenAt"]
    async with asyncio.timeout(30):
        while (await federation.registered(spare))["lastSeenAt"] == heard:
            await asyncio.sleep(0.1)
    await _leave(federation, spare)


async def test_a_second_master_is_refused_whichever_way(
    federation: Federation, spare: Member, shared_dir: Path
) -> None:
    other = Master(shared_dir / "other-master")
    _, token = await asyncio.gather(other.start(), federation.token())
    await spare.join(token)
    foreign = (await other.post("/oaasNodes/tokens", status=201))["token"]
    order = {"url": other.url, "token": foreign}
    refused = await spare.node.put("/master", order, status=409)
    assert refused["code"] == "alreadyMember"
    await spare.node.kill()
    spare.node.settings |= {"OAAS_MASTER_URL": other.url, "OAAS_MASTER_TOKEN": foreign}
    await spare.node.start()
    await federation.becomes(spare, "ready")
    assert (await spare.node.get("/master"))["oaasNodeId"] == spare.id
    assert (await other.get("/oaasNodes"))["items"] == []
    await _leave(federation, spare)
    # The same settings make it join once it belongs to nobody: the token was never used.
    await spare.node.kill()
    await spare.node.start()
    async with asyncio.timeout(20):
        while not (nodes := (await other.get("/oaasNodes"))["items"]):
            await asyncio.sleep(0.1)
    assert nodes[0]["baseUrl"] == spare.node.url
    await other.end()


async def test_a_node_has_to_be_where_it_says(federation: Federation, spare: Member) -> None:
    """Nobody there; another node there, which does not know the key."""
    for address in ("http://127.0.0.1:1", federation.members[0].node.url):
        order = {"url": federation.master.url, "token": await federation.token(), "address": address}
        refused = await spare.node.put("/master", order, status=409)
        assert refused["code"] == "masterRefused"
        assert address in refused["detail"]
    assert (await spare.node.get("/master"))["state"] == "none"


async def test_only_masters_are_joined(federation: Federation, spare: Member) -> None:
    order: dict[str, Any] = {"url": federation.members[0].node.url, "token": "x"}
    assert (await spare.node.put("/master", order, status=409))["code"] == "masterRefused"
    assert (await spare.node.put("/master", order | {"url": "http://127.0.0.1:1"}, status=502))["code"] == (
        "masterUnavailable"
    )
    assert (await spare.node.put("/master", order | {"url": "ftp://x"}, status=422))["code"] == "invalidRequest"


async def test_keys_are_checked(federation: Federation) -> None:
    member = federation.members[0]
    answer = await member.node.http.get("/master", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    path = f"/oaasNodes/{member.id}"
    beat = {
        "sentAt": 0,
        "version": "1",
        "status": "draining",
        "resources": None,
        "load": {},
        "catalogueRevision": "",
    }
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = await federation.master.http.post(f"{path}/heartbeat", json=beat, headers=headers)
        assert answer.status_code == 401
    answer = await federation.master.http.delete(path, headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert (await federation.registered(member))["status"] == "ready"


async def test_leaving_waits_for_what_the_master_has_running(federation: Federation) -> None:
    member = federation.members[1]
    http = member.node.http
    uid = (await federation.master.get("/info"))["uid"]
    submission = {"algorithmId": await member.node.algorithm("search"), "input": 600.0}
    answer = await http.post("/algorithmExecutions", json=submission, headers={"Idempotency-Key": f"{uid}-1-1"})
    execution = answer.json()["id"]
    await member.node.reaches(execution, "running")
    assert (await member.node.delete("/master"))["state"] == "leaving"
    await federation.becomes(member, "draining")
    # Several heartbeats pass, and it is still there.
    heard = (await member.node.get("/master"))["heardAt"]
    async with asyncio.timeout(30):
        while (membership := await member.node.get("/master"))["heardAt"] <= heard:
            await asyncio.sleep(0.1)
    assert membership["state"] == "leaving"
    assert (await member.node.put("/master", {"url": federation.master.url, "token": "x"}, status=409))["code"] == (
        "alreadyMember"
    )
    await member.node.interrupt(f"/algorithmExecutions/{execution}")
    assert (await member.node.get("/master", wait=30))["state"] == "none"
    await federation.registered(member, status=404)
    assert (await member.node.execution(execution, wait=10))["state"] == "succeeded"
    await member.join(await federation.token())
    await federation.reports(member, slots=1)


async def test_a_node_that_was_forgotten_says_so_and_leaves_at_once(federation: Federation, spare: Member) -> None:
    await spare.join(await federation.token())
    await federation.becomes(spare, "ready")
    await federation.master.delete(f"/oaasNodes/{spare.id}", status=204)
    async with asyncio.timeout(30):
        while (membership := await spare.node.get("/master"))["trouble"] is None:
            await asyncio.sleep(0.1)
    assert "join again" in membership["trouble"]
    await spare.node.delete("/master")
    assert (await spare.node.get("/master", wait=30))["state"] == "none"


async def _leave(federation: Federation, member: Member) -> None:
    await member.node.delete("/master")
    assert (await member.node.get("/master", wait=30))["state"] == "none"
    await federation.registered(member, status=404)
