"""``oaas master`` and ``oaas node`` as people type them."""

from __future__ import annotations

from commands import oaas
from members import Federation, Member


async def test_from_a_token_to_leaving(federation: Federation, spare: Member) -> None:
    master = federation.master.url
    token = await oaas(None, "master", "--url", master, "token", "--expires", "5m")
    assert f"oaas node join {master} --token {token.out.strip()}" in token.err
    assert "belongs to no master" in (await oaas(spare.node, "node", "status")).out
    joined = await oaas(spare.node, "node", "join", master, "--token", token.out.strip(), "--json")
    assert joined.code == 0, joined.err
    spare.id = joined.json["oaasNodeId"]

    again = await oaas(federation.members[0].node, "node", "join", master, "--token", token.out.strip())
    assert again.code == 1
    assert "used by another node" in again.err
    await federation.becomes(spare, "ready")
    assert str(spare.id) in (await oaas(spare.node, "node", "status")).out

    labelled = await oaas(None, "master", "label", str(spare.id), "country=de", "rack=7", OAAS_MASTER_URL=master)
    assert labelled.out.strip().endswith("country=de rack=7.")
    labelled = await oaas(None, "master", "label", str(spare.id), "rack=", OAAS_MASTER_URL=master)
    table = (await oaas(None, "master", "nodes", OAAS_MASTER_URL=master)).out
    row = next(line for line in table.splitlines() if " spare " in line)
    assert row.startswith(str(spare.id))
    assert spare.node.url in row
    assert row.endswith("country=de")

    left = await oaas(spare.node, "node", "leave")
    assert (left.code, left.out.strip()) == (0, "The node belongs to no master.")
    gone = await oaas(None, "master", "--url", master, "remove", str(spare.id))
    assert gone.code == 1
    assert f"no node with id {spare.id}" in gone.err
