"""Registries: hosts, requests, and what never shows."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from oaasplatform.domain.errors import SettingsInvalid
from oaasplatform.domain.registries import registry_host
from oaasplatform.runtimes.base import Credentials
from oaasplatform.schemas.registries import RegistryCreate, RegistryUpdate, RegistryView
from oaasplatform.settings import load_settings

URL = "https://registry.example.org"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (URL, "registry.example.org"),
        ("http://127.0.0.1:5000/", "127.0.0.1:5000"),
        ("Registry.Example.org:5000", "registry.example.org:5000"),
        ("https://registry.example.org/v2/", "registry.example.org"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
def test_hosts(url: str, host: str) -> None:
    assert registry_host(url) == host


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "https://me:topsecret@x", "https://x/team/topsecret", "x y", "https://x?topsecret", "a/\n"]
)
def test_other_urls_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="host only") as refusal:
        registry_host(url)
    assert "topsecret" not in str(refusal.value)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"password": "a", "token": "b"},
        {"password": ""},
        {"token": ""},
        {"password": "a", "username": "with:colon"},
        {"password": "a", "user": "unknown"},
        {"password": "a", "url": "https://me:topsecret@x"},
    ],
)
def test_bad_requests(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refusal:
        RegistryCreate.model_validate({"url": URL, "username": "me", **fields})
    said = [(error["loc"], error["msg"]) for error in refusal.value.errors()]
    assert "topsecret" not in str(said)


def test_a_change_needs_nothing() -> None:
    assert RegistryUpdate.model_validate({}).given is None


def test_secrets_are_not_shown() -> None:
    request = RegistryCreate.model_validate({"url": URL, "username": "me", "token": "topsecret"})
    assert request.given == ("token", "topsecret")
    assert "topsecret" not in repr(request)
    assert "topsecret" not in repr(Credentials(username="me", password="topsecret"))
    assert not {"password", "token", "sealed"} & set(RegistryView.model_fields)


def test_the_setting_is_a_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_URL", "https://Registry.example.org/")
    assert load_settings().registry_url == "registry.example.org"
    monkeypatch.setenv("REGISTRY_URL", "https://registry.example.org/team")
    with pytest.raises(SettingsInvalid, match="REGISTRY_URL"):
        load_settings()


def test_allowed_images_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAAS_ALLOWED_IMAGES", " a/* , b.example.org/*,")
    assert load_settings().allowed_images == ("a/*", "b.example.org/*")
