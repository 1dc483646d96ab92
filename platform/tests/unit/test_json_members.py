"""The scanner finds exactly the bytes of a member, wherever the document is cut, and fast enough for large ones."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oaasplatform.kit.json_members import MemberRepeated, MemberScanner

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.sampled_from('ab"\\{}[]:, \n\0é\U0001f600')) | st.sampled_from(["input", "output", "in", ""])
DOCUMENTS = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
ENVELOPES = st.dictionaries(TEXTS.filter(lambda key: key != "input"), DOCUMENTS, max_size=4)
SPACES = st.sampled_from(["", " ", "\n\t ", "\r\n"])


def scan(document: bytes, cuts: list[int], path: tuple[str, ...] = ("input",)) -> tuple[bytes, bytes, bool]:
    """The value, the rest and whether the value was found, when the document is cut at these places."""
    scanner = MemberScanner(path)
    value = b""
    bounds = [0, *sorted({cut % (len(document) + 1) for cut in cuts}), len(document)]
    for begin, end in itertools.pairwise(bounds):
        value += b"".join(scanner.feed(document[begin:end]))
    return value, bytes(scanner.rest), scanner.found


@given(
    before=ENVELOPES,
    value=DOCUMENTS,
    after=ENVELOPES,
    space=SPACES,
    plain=st.booleans(),
    cuts=st.lists(st.integers(0, 2000), max_size=30),
)
@settings(max_examples=400, deadline=None)
def test_the_bytes_of_the_member(
    before: dict[str, Any], value: Any, after: dict[str, Any], space: str, plain: bool, cuts: list[int]
) -> None:
    expected = json.dumps(value, ensure_ascii=plain).encode(errors="surrogatepass")
    head = json.dumps(before, ensure_ascii=plain)[:-1] + (", " if before else "")
    tail = (", " if after else "") + json.dumps(after, ensure_ascii=plain)[1:]
    document = f'{space}{head}{space}"input"{space}:{space}'.encode() + expected + f"{space}{tail}{space}".encode()
    found = scan(document, cuts)
    assert found[0] == expected
    assert found[2]
    assert json.loads(found[1]) == json.loads(document) | {"input": None}


@given(document=DOCUMENTS, cuts=st.lists(st.integers(0, 500), max_size=10))
@settings(max_examples=200, deadline=None)
def test_a_document_without_the_member_is_the_rest(document: Any, cuts: list[int]) -> None:
    text = json.dumps(document).encode()
    if isinstance(document, dict) and "input" in document:
        return
    assert scan(text, cuts) == (b"", text, False)


@given(
    text=st.text('{}[]",:\\ 1ainput').map(lambda text: '{"input":' + text) | st.text('{}[]",:\\ 1ainput'),
    cuts=st.lists(st.integers(0, 100), max_size=10),
)
@settings(max_examples=1000, deadline=None)
def test_what_is_malformed_stays_malformed(text: str, cuts: list[int]) -> None:
    """Putting value and rest together never makes a document that parses of one that does not."""
    document = text.encode()
    try:
        value, rest, found = scan(document, cuts)
    except MemberRepeated:
        return
    assert (value, rest, found) == scan(document, [])
    try:
        json.loads(rest)
        if found:
            json.loads(value)
    except ValueError:
        with pytest.raises(ValueError):
            json.loads(document)
    else:
        json.loads(document)


@pytest.mark.parametrize("cut", range(0, 80, 3))
def test_deeper_members(cut: int) -> None:
    document = (
        b'{"output":1,"message":{"output" : [{"output":"]}"}] ,"log":"\\"output\\":"},"x":[{"message":{"output":2}}]}'
    )
    value, rest, _ = scan(document, [cut], ("message", "output"))
    assert value == b'[{"output":"]}"}]'
    assert rest == document.replace(b" " + value, b"null")


def test_a_key_may_be_escaped() -> None:
    assert scan(b'{"inp\\u0075t":{"a":[]},"b":1}', [4])[:2] == (b'{"a":[]}', b'{"inp\\u0075t":null,"b":1}')


def test_a_member_that_is_there_twice() -> None:
    with pytest.raises(MemberRepeated):
        scan(b'{"input":1,"input":2}', [])


@pytest.mark.parametrize(
    "document", [b'{"input":}', b'{"input":,"a":1}', b'{"input"', b'{"input":[1}', b"", b'"input":1']
)
def test_malformed_envelopes(document: bytes) -> None:
    value, rest, found = scan(document, [3])
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(rest)
        msgspec.json.decode(value if found else rest)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("numbers", b"[" + b",".join([b"[1.25,17]"] * 400_000) + b"]"),
        ("records", json.dumps([{"name": "é[\\", "cost": 17.5, "tags": ["a", "b{"]}] * 60_000).encode()),
        ("one string", b'"' + b'x\\"' * 1_300_000 + b'"'),
        ("deep", b"[" * 2_000_000 + b"]" * 2_000_000),
        ("brackets", b"[" + b"[]," * 1_300_000 + b"1]"),
    ],
)
def test_no_step_takes_long(name: str, value: bytes) -> None:
    """A document of 4 MB in pieces of 64 KiB; the bound is generous, for machines that are busy."""
    document = b'{"algorithmId":1,"input":' + value + b"}"
    scanner = MemberScanner(("input",))
    taken = 0
    began = time.process_time()
    for at in range(0, len(document), 65536):
        taken += sum(map(len, scanner.feed(document[at : at + 65536])))
    seconds = time.process_time() - began
    print(f"{name}: {len(document) / seconds / 1e6:.0f} MB/s")
    assert taken == len(value)
    assert seconds < 1
