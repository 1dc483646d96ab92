"""Every error the platform raises on purpose.

Each type has a stable ``code`` that clients may rely on. HTTP statuses are not known here: ``api.problems`` holds
the one table that maps codes to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Violation:
    """One place in a document that is not as it has to be."""

    pointer: str
    """JSON pointer (RFC 6901) into the document; ``""`` is the whole document."""
    detail: str


class OaasError(Exception):
    """Base of all errors of the platform; ``str(error)`` is a sentence for people."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Error"

    def __init__(self, detail: str, violations: tuple[Violation, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.violations = violations


class NotFound(OaasError):
    """The resource does not exist."""

    code, title = "notFound", "Not found"

    def __init__(self, noun: str, id_: object) -> None:
        super().__init__(f"There is no {noun} with id {id_}.")


class InvalidDocument(OaasError):
    """A document does not fit its schema; ``violations`` says where."""

    code, title = "invalidDocument", "The document does not fit its schema"


class InvalidQuota(OaasError):
    """A quota has an unknown field, a bad unit or a value out of range."""

    code, title = "invalidQuota", "The quota is not valid"


class QuotaNotEnforceable(OaasError):
    """``strict`` was asked for, but the engine on this host cannot enforce a part of the quota."""

    code, title = "quotaNotEnforceable", "The engine cannot enforce this quota"


class CapacityExceeded(OaasError):
    """The promised quotas would exceed what the node has."""

    code, title = "capacityExceeded", "The node has no room for this quota"


class NameTaken(OaasError):
    """Another resource of this kind has the name."""

    code, title = "nameTaken", "The name is taken"

    def __init__(self, noun: str, name: str) -> None:
        super().__init__(f"Another {noun} has the name {name!r}.")


class InUse(OaasError):
    """The resource can't be deleted or changed while others depend on it."""

    code, title = "inUse", "The resource is in use"


class WrongState(OaasError):
    """The call is not possible in the state the resource is in."""

    code, title = "wrongState", "Not possible in this state"


class IdempotencyMismatch(OaasError):
    """An ``Idempotency-Key`` came again with a different request."""

    code, title = "idempotencyMismatch", "The idempotency key was used for another request"


class PayloadTooLarge(OaasError):
    """A body exceeds the configured limit."""

    code, title = "payloadTooLarge", "The body is too large"


class ForeignOrigin(OaasError):
    """A web page of another origin wants to change something."""

    code, title = "foreignOrigin", "The page that sent this has a foreign origin"


class EngineUnavailable(OaasError):
    """The container engine does not answer."""

    code, title = "engineUnavailable", "The container engine does not answer"


class ImageUnavailable(OaasError):
    """The image can't be found, pulled or prepared; the message holds the engine's words."""

    code, title = "imageUnavailable", "The image is not available"


class ImageNotAllowed(OaasError):
    """The operator's list of allowed images does not have the image."""

    code, title = "imageNotAllowed", "The image is not allowed on this node"


class CredentialsUnreadable(OaasError):
    """Stored credentials can't be decrypted: the key is another one than when they were stored."""

    code, title = "credentialsUnreadable", "The stored credentials can't be decrypted"


class UnitFailed(OaasError):
    """The engine refused to create or start a unit; the message holds the engine's words."""

    code, title = "unitFailed", "The engine could not start the instance"


class Unauthorized(OaasError):
    """A call shows no key, or one that is not known."""

    code, title = "unauthorized", "The key is not known"


class TokenRefused(OaasError):
    """A join token is unknown, expired, or was used by another node."""

    code, title = "tokenRefused", "The token is not valid"


class AlreadyMember(OaasError):
    """The node belongs to another master, or is about to leave its own."""

    code, title = "alreadyMember", "The node belongs to a master"


class MasterUnavailable(OaasError):
    """The master does not answer."""

    code, title = "masterUnavailable", "The master does not answer"


class MasterRefused(OaasError):
    """The master answered that it won't; the message holds its words."""

    code, title = "masterRefused", "The master refuses"


class NodeNotReached(OaasError):
    """The master can't reach a node at the address that the node gave, or finds another one there."""

    code, title = "nodeNotReached", "The master can't reach the node"


class Unreachable(OaasError):
    """Whoever a request was to be passed to does not answer, or the answer broke off."""


class NodeUnreachable(Unreachable):
    """A node does not answer the master; the message names it."""

    code, title = "nodeUnreachable", "The node does not answer"


class InstanceUnreachable(Unreachable):
    """An instance does not answer, or its answer broke off: infrastructure loss, not the algorithm's fault."""

    code, title = "instanceUnreachable", "The instance does not answer"


class InstanceNotReady(OaasError):
    """An instance is not there yet, or not any more; the message says what it waits for."""

    code, title = "instanceNotReady", "The instance is not ready"


class InstanceBusy(OaasError):
    """An instance has no free slot."""

    code, title = "instanceBusy", "The instance has no free slot"


class InstanceBroken(OaasError):
    """An instance can't go on, and nothing but a new one helps; the platform replaces it."""

    code, title = "instanceBroken", "The instance can't go on"


class NotSupported(OaasError):
    """The dialect of the repository has no such thing."""

    code, title = "notSupported", "The repository's dialect does not support this"


class RunUnknown(OaasError):
    """An instance does not know the run."""

    code, title = "runUnknown", "The instance does not know the run"


class InputRefused(OaasError):
    """An instance refused the input of a launch."""

    code, title = "inputRefused", "The algorithm refused the input"


class ContractBroken(OaasError):
    """An instance answered something that its protocol does not allow."""

    code, title = "contractBroken", "The answer of the instance breaks the contract"


class DatabaseUnavailable(OaasError):
    """PostgreSQL does not answer."""

    code, title = "databaseUnavailable", "The database does not answer"


class LeadershipLost(OaasError):
    """Another process may drive the engine from now on; the work of this one has ended."""

    code, title = "leadershipLost", "Another process leads"


class ProcessFailed(OaasError):
    """A process of the node did not get ready; the node does not start."""

    code, title = "processFailed", "A process of the node did not start"


class SettingsInvalid(OaasError):
    """A setting is missing or contradicts another one; the node does not start."""

    code, title = "settingsInvalid", "The settings are not valid"


class MigrationsPending(OaasError):
    """The database is older than the code and automatic migration is off; the node does not start."""

    code, title = "migrationsPending", "The database needs a migration"
