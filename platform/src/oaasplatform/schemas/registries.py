"""Shapes of ``/registries``. A password comes in and never goes out."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from oaasplatform.domain.registries import CredentialKind, registry_host
from oaasplatform.schemas.base import Body, Timestamp, View

RegistryName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9 .:_-]*$")
]
Username = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f\x7f]+$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=10_000)]


def _checked(url: str) -> str:
    registry_host(url)
    return url


RegistryUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    AfterValidator(_checked),
    Field(
        examples=["https://registry.example.org:5000"],
        description="Of the registry as a whole, or its host as references of images name it.",
    ),
]


class _Secrets(Body):
    password: Secret | None = Field(None, description="Stored encrypted, and never shown again.")
    token: Secret | None = Field(
        None, description="Instead of a password: one that the registry issues to be used in its place."
    )

    @property
    def given(self) -> tuple[CredentialKind, str] | None:
        """What the request brings."""
        for kind, secret in ((CredentialKind.PASSWORD, self.password), (CredentialKind.TOKEN, self.token)):
            if secret is not None:
                return kind, secret.get_secret_value()
        return None

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.password is not None and self.token is not None:
            raise ValueError("give a password or a token, not both")
        return self


class RegistryCreate(_Secrets):
    """Register a registry that asks for a login."""

    name: RegistryName | None = Field(None, description="Default: the host.")
    url: RegistryUrl
    username: Username

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.given is None:
            raise ValueError("a password or a token is needed")
        return self


class RegistryUpdate(_Secrets):
    """Change it; another host needs the password or token again."""

    name: RegistryName | None = None
    url: RegistryUrl | None = None
    username: Username | None = None


class RegistryView(View):
    """A registry, without its password."""

    id: int
    name: str
    url: str
    host: str = Field(description="Images of this host are pulled with it.")
    username: str
    credential: CredentialKind = Field(description="What is stored, encrypted.")
    created_at: Timestamp
    modified_at: Timestamp
