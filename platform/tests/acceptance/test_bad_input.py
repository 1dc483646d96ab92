"""Bad input gets a clear error and loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from nodes import Node


@pytest.mark.parametrize(
    "path",
    [
        "/algorithmRepositories/999999",
        "/algorithmRepositoriesInstances/999999",
        "/algorithmRepositoriesInstances/999999/logs",
        "/algorithmRepositoriesInstances/999999/stats",
        "/algorithms/999999",
        "/algorithmExecutions/999999",
        "/algorithmExecutions/999999/input",
        "/algorithmExecutions/999999/output",
        "/algorithmExecutions/999999/logs",
        "/algorithmExecutions/999999/events",
        "/nothing/here",
    ],
)
async def test_unknown_ids(node: Node, path: str) -> None:
    answer = await node.http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["instance"]) == (404, "notFound", path)
    assert problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("POST", "/algorithmRepositories", {"name": "x"}, "/image"),
        ("POST", "/algorithmRepositories", {"name": "x", "image": "y", "colour": 1}, "/colour"),
        ("POST", "/algorithmRepositories", {"name": " ", "image": "y"}, "/name"),
        ("POST", "/algorithmRepositories", {"name": "x", "image": "y", "protocol": "soap"}, "/protocol"),
        ("POST", "/algorithmRepositoriesInstances", {}, "/algorithmRepositoryId"),
        ("POST", "/algorithmExecutions", {"algorithmId": 1}, ""),
        ("POST", "/algorithmExecutions", {"algorithmId": "1", "input": 1}, "/algorithmId"),
        ("POST", "/algorithmExecutions", {"algorithmId": 1, "input": 1, "colour": 1}, ""),
        ("POST", "/algorithmExecutions", {"algorithmId": 1, "input": 1, "priority": 1000}, "/priority"),
        ("POST", "/algorithmExecutions", {"algorithmId": 1, "input": 1, "maxRunningTimeInSeconds": 0}, None),
        ("PUT", "/info", {"port": 99999}, "/port"),
    ],
)
async def test_schema_violations(node: Node, method: str, path: str, body: Any, pointer: str | None) -> None:
    answer = await node.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["code"] == "invalidRequest"
    if pointer is not None:
        assert [each["pointer"] for each in problem["errors"]] == [pointer]


@pytest.mark.parametrize("path", ["/algorithmRepositories", "/algorithmExecutions"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1, 2", b'{"name": NaN}'])
async def test_what_is_not_json(node: Node, path: str, body: bytes) -> None:
    answer = await node.http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=-1", "state=odd"])
async def test_bad_queries(node: Node, query: str) -> None:
    answer = await node.http.get(f"/algorithmExecutions?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("quota", "pointer"),
    [
        ({"ram": "512 bananas"}, "/quotaInformation/ram"),
        ({"cpu": "-1"}, "/quotaInformation/cpu"),
        ({"memory": "1GB"}, "/quotaInformation/memory"),
    ],
)
async def test_wrong_quotas(node: Node, repository: dict[str, Any], quota: dict[str, Any], pointer: str) -> None:
    body = {"algorithmRepositoryId": repository["id"], "quotaInformation": quota}
    problem = await node.post("/algorithmRepositoriesInstances", body, status=422)
    assert problem["code"] == "invalidQuota"
    assert [each["pointer"] for each in problem["errors"]] == [pointer]


async def test_a_stack_is_never_ignored(node: Node) -> None:
    stack = {"answers": "api", "services": {"api": {"image": "planner:2"}}}
    body = {"name": "x", "image": "planner:2", "protocol": "command", "stack": stack}
    answer = await node.http.post("/algorithmRepositories", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalidDocument")
    assert answer.json()["errors"][0]["pointer"] == "/stack"


async def test_what_cant_be_enforced_is_refused_if_strict(node: Node, repository: dict[str, Any]) -> None:
    body = {"algorithmRepositoryId": repository["id"], "quotaInformation": {"gpus": 1}, "strict": True}
    problem = await node.post("/algorithmRepositoriesInstances", body, status=422)
    assert problem["code"] == "quotaNotEnforceable"
    assert "gpus" in problem["detail"]


async def test_duplicate_names(node: Node, repository: dict[str, Any], instance: dict[str, Any]) -> None:
    body = {"name": repository["name"], "image": repository["image"]}
    assert (await node.post("/algorithmRepositories", body, status=409))["code"] == "nameTaken"
    body = {"name": instance["name"], "algorithmRepositoryId": repository["id"]}
    assert (await node.post("/algorithmRepositoriesInstances", body, status=409))["code"] == "nameTaken"


async def test_a_repository_with_instances_stays(node: Node, instance: dict[str, Any]) -> None:
    path = f"/algorithmRepositories/{instance['algorithmRepositoryId']}"
    problem = await node.delete(path, status=409)
    assert problem["code"] == "inUse"
    assert instance["name"] in problem["detail"]


async def test_an_image_that_is_not_there(node: Node) -> None:
    body = {"name": f"missing-{node.runtime}", "image": "localhost:1/no/such-image:1"}
    failed = await node.post("/algorithmRepositories", body, wait=60)
    assert failed["status"] == "failed"
    assert "no/such-image" in failed["reason"]
    problem = await node.post("/algorithmRepositoriesInstances", {"algorithmRepositoryId": failed["id"]}, status=409)
    assert problem["code"] == "wrongState"
    await node.delete(f"/algorithmRepositories/{failed['id']}", status=204)


async def test_a_body_over_the_limit(runtime: str, shared_dir: Any) -> None:
    node = Node(shared_dir / f"small-{runtime}", runtime, OAAS_MAX_BODY_BYTES="10000", OAAS_PURGE_ON_EXIT="true")
    await node.start()
    try:
        body = b'{"algorithmId": 1, "input": "' + b"x" * 1_000_000 + b'"}'

        async def chunks() -> Any:
            for start in range(0, len(body), 1000):
                yield body[start : start + 1000]

        for content in (body, chunks()):
            for path in ("/algorithmExecutions", "/algorithmRepositories"):
                answer = await node.http.post(path, content=content, headers={"Content-Type": "application/json"})
                assert answer.status_code == 413, answer.text
                assert answer.json()["code"] == "payloadTooLarge"
                if content is not body:
                    break
    finally:
        await node.end()


async def test_an_execution_for_an_instance_of_another_repository(node: Node, instance: dict[str, Any]) -> None:
    problem = await node.run("noop", {"numbers": []}, algorithmRepositoryInstanceId=999999, status=422)
    assert [each["pointer"] for each in problem["errors"]] == ["/algorithmRepositoryInstanceId"]
    assert instance["status"] == "ready"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Origin": "{node}"}, 404),
        ({"Origin": "{node}", "Sec-Fetch-Site": "same-origin"}, 404),
        ({"Sec-Fetch-Site": "none"}, 404),
        # What stands behind a reverse proxy has another name than the page; the browser knows better.
        ({"Origin": "https://plans.example.org", "Sec-Fetch-Site": "same-origin"}, 404),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "{node}0"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "{node}", "Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_pages_of_other_origins_change_nothing(node: Node, headers: dict[str, str], status: int) -> None:
    sent = {name: value.replace("{node}", node.url) for name, value in headers.items()}
    answer = await node.http.post("/algorithmRepositoriesInstances/999999/stop", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (status, "notFound" if status == 404 else "foreignOrigin")
    assert (await node.http.get("/info", headers=sent)).status_code == 200
