"""The steps of the demo of a federation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from time import monotonic, sleep

from oaasplatform.cli import naming, output
from oaasplatform.cli.client import Document, NodeClient
from oaasplatform.cli.demo.checkout import Checkout
from oaasplatform.cli.demo.node import DemoMaster, DemoNode
from oaasplatform.cli.demo.scenario import TIMEOUT, deploy, make_image, register, start_node
from oaasplatform.cli.demo.story import Story
from oaasplatform.cli.errors import Failure
from oaasplatform.cli.follow import EXECUTIONS

RUNS = 16
SECONDS_EACH = 1.0
_ALGORITHM = "noop"
_NODES = "/oaasNodes"
_LOOK_SECONDS = 0.2


def run_federation(
    story: Story, checkout: Checkout, master: DemoMaster, nodes: Sequence[DemoNode], base_image: str | None
) -> Document:
    """A master and nodes run a sweep, and one of them is killed in the middle; the batch as it is in the end."""
    with story.step("Starting a master"):
        url = master.start()["url"]
        story.tell(f"{url}: its API is explained at {url}/docs")
    with NodeClient(url) as api:
        for node in nodes:
            _join(story, api, node, checkout, base_image)
        batch = _submit(story, api)
        victim = nodes[-1]
        with story.step(f"Killing {victim.name} while it runs some of them") as tell:
            _wait(api, batch, lambda found: found["counts"]["succeeded"] >= RUNS // 4, tell)
            victim.kill()
        with story.step("Seeing everything finish all the same") as tell:
            done = _wait(api, batch, lambda found: bool(found["ended"]), tell)
            if done["counts"]["succeeded"] != RUNS:
                raise Failure(f"Not everything succeeded: {done['counts']}")
        _show(story, api, done)
        with story.step(f"Bringing {victim.name} back"):
            victim.start()
            story.tell("what it still had of the sweep was begun elsewhere: the master has it stopped there")
    return done


def _join(story: Story, master: NodeClient, node: DemoNode, checkout: Checkout, base_image: str | None) -> None:
    facts = start_node(story, node)
    with NodeClient(facts["url"]) as api:
        repository = register(story, api, make_image(story, checkout, facts["runtime"], base_image))
        deploy(story, api, repository)
        with story.step(f"Letting {node.name} join the master"):
            token = master.post(f"{_NODES}/tokens")["token"]
            membership = api.put("/master", {"url": master.url, "token": token})
            deadline = monotonic() + TIMEOUT
            while not any(each["slots"] for each in _repositories(master, membership["oaasNodeId"])):
                if monotonic() > deadline:
                    raise Failure(f"The master does not hear of the instance on {node.name}.")
                sleep(_LOOK_SECONDS)
            story.tell(f"it is number {membership['oaasNodeId']} there")


def _repositories(master: NodeClient, node_id: int) -> list[Document]:
    return list(master.get(f"{_NODES}/{node_id}")["load"].get("repositories", []))


def _submit(story: Story, api: NodeClient) -> str:
    """Submit the sweep; the path of the batch."""
    with story.step(f"Submitting a sweep of {RUNS} runs to the master"):
        algorithm = naming.find(api, naming.ALGORITHM, _ALGORITHM)
        requests = [
            {"algorithmId": algorithm["id"], "input": {"numbers": [n, 1], "sleepSeconds": SECONDS_EACH}}
            for n in range(RUNS)
        ]
        content = "\n".join(map(json.dumps, requests)).encode()
        first, *_ = api.post_lines(f"{EXECUTIONS}/batch", content)
        batch = first["execution"]["batchId"]
        story.tell(
            f"batch {batch}; each run goes to a node with a free slot, and waits at the master until there is one"
        )
    return f"{EXECUTIONS}/batches/{batch}"


def _wait(api: NodeClient, batch: str, enough: Callable[[Document], bool], tell: Callable[[str], None]) -> Document:
    deadline = monotonic() + TIMEOUT
    while not enough(found := api.get(batch)):
        if monotonic() > deadline:
            raise Failure(f"The sweep does not get on: {found['counts']}")
        tell(", ".join(f"{count} {state}" for state, count in found["counts"].items() if count))
        sleep(_LOOK_SECONDS)
    return dict(found)


def _show(story: Story, api: NodeClient, batch: Document) -> None:
    """Which node ran what, and how often it was begun."""
    names = {each["id"]: each["name"] for each in api.items(_NODES)}
    executions = sorted(api.items(EXECUTIONS, batchId=batch["id"]), key=lambda each: int(each["id"]))
    again = sum(each["attempt"] > 1 for each in executions)
    story.tell(f"{len(executions)} runs, each with its result; {again} of them were begun again on another node")
    if not story.quiet:
        rows = [
            [str(each["id"]), each["state"], names.get(each["oaasNodeId"], ""), str(each["attempt"])]
            for each in executions
        ]
        output.show_table(["execution", "state", "node", "attempt"], rows, empty="")
