"""What can go wrong when one calls a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oaas_sdk.client.models import Execution
    from oaas_sdk.contract import FieldError, Problem


class OaasError(Exception):
    """Base of all errors of the client."""


class NodeUnreachable(OaasError):
    """The node did not answer, though it was tried again for a while. Executions that it accepted are safe there."""


class NodeError(OaasError):
    """The node refused a request, for example because the input does not fit the algorithm's schema."""

    def __init__(self, problem: Problem) -> None:
        words = [f"{problem.title} ({problem.status})", problem.detail]
        places = [f"{error.pointer or '(document)'}: {error.detail}" for error in problem.errors]
        super().__init__("\n  ".join([": ".join(filter(None, words)), *places]))
        self.problem = problem

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.problem.status

    @property
    def code(self) -> str:
        """Stable machine-readable name of the error."""
        return self.problem.code

    @property
    def errors(self) -> list[FieldError]:
        """Places of the request that are wrong, as JSON pointers; the input is at ``/input``."""
        return self.problem.errors


class UnknownAlgorithm(OaasError):
    """No algorithm of the node has the name, or several have it; the message says what to do."""


class ExecutionFailed(OaasError):
    """The execution ended without an output: it failed, was stopped or ran into its time limit."""

    def __init__(self, execution: Execution) -> None:
        error = execution.error
        why = ": ".join(filter(None, [error.type, error.message])) if error else "no reason given"
        state = execution.state.replace("_", " ")
        super().__init__(f"execution {execution.id} of {execution.algorithm_name} {state}: {why}")
        self.execution = execution
        self.error = error


class ExecutionTimeout(OaasError, TimeoutError):
    """The execution goes on, but the caller did not want to wait any longer."""

    def __init__(self, execution: Execution, seconds: float) -> None:
        super().__init__(f"execution {execution.id} is still {execution.state} after {seconds:g} s")
        self.execution = execution
