"""Why a launch was refused, as problems."""

from __future__ import annotations

from http import HTTPStatus

from oaas_sdk.server.problems import ProblemError
from oaas_sdk.server.worker import InputRejected


def invalid_input(rejection: InputRejected) -> ProblemError:
    """The input does not fit the algorithm."""
    detail = "the input does not fit the algorithm"
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalidInput", detail, errors=rejection.errors)


def no_free_slot(concurrency: int) -> ProblemError:
    """All slots are taken."""
    detail = f"all {concurrency} slots are taken"
    return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "noFreeSlot", detail, headers={"Retry-After": "1"})


def id_taken(execution_id: str) -> ProblemError:
    """The execution id is in use."""
    detail = f"execution {execution_id} belongs to another algorithm"
    return ProblemError(HTTPStatus.CONFLICT, "executionIdTaken", detail)


def unknown_algorithm(algorithm_id: int) -> ProblemError:
    """The repository has no such algorithm."""
    return ProblemError(HTTPStatus.NOT_FOUND, "unknownAlgorithm", f"there is no algorithm {algorithm_id}")
