"""The functions of a MATLAB server as algorithms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from oaasplatform.domain.deployments import MatlabFunction
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.protocols.matlab.schemas import VARIABLE_INPUTS, VARIABLE_OUTPUTS, object_of
from oaasplatform.protocols.matlab.wire import Argument, Discovery, Function, Signature, TypeDef

_VERSION = "1.0.0"
"""Archives have none."""


class Reference(msgspec.Struct, frozen=True):
    """What a launch needs to know of a function: ``Descriptor.reference``, as JSON.

    JSON objects lose the order of their properties on the way through the database, and in MATLAB order is all.
    """

    archive: str
    function: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    """A function, with what is known of it."""

    archive: str
    function: str
    inputs: Mapping[str, Argument]
    outputs: Mapping[str, Argument]
    description: str
    typedefs: Mapping[str, TypeDef]

    def descriptor(self, name: str) -> Descriptor:
        reference = Reference(self.archive, self.function, tuple(self.inputs), tuple(self.outputs))
        return Descriptor(
            reference=msgspec.json.encode(reference).decode(),
            name=name,
            version=_VERSION,
            description=self.description,
            input_schema=object_of(self.inputs, self.typedefs),
            output_schema=object_of(self.outputs, self.typedefs),
            error_schema={},
            examples=[],
        )


def algorithms(discovered: Discovery, registered: Sequence[MatlabFunction]) -> list[Descriptor]:
    """All functions that a server says it has, and those that only the registration knows.

    An archive that was built without a file of signatures is not in the server's list. Algorithms are called like their
    functions, or ``archive.function`` where several archives have one of that name.
    """
    entries = {(each.archive, each.function): _of_registration(each) for each in registered}
    for archive, content in discovered.archives.items():
        for name, function in content.functions.items():
            if function.signatures or (archive, name) not in entries:
                entries[archive, name] = _of_discovery(archive, name, function, content.typedefs)
    common = Counter(entry.function for entry in entries.values())
    return [
        entry.descriptor(entry.function if common[entry.function] == 1 else f"{entry.archive}.{entry.function}")
        for entry in entries.values()
    ]


def _of_registration(function: MatlabFunction) -> _Entry:
    return _Entry(
        function.archive,
        function.function,
        _named([Argument(name=name) for name in function.inputs], "in"),
        _named([Argument(name=name) for name in function.outputs], "out"),
        function.description,
        {},
    )


def _of_discovery(archive: str, name: str, function: Function, typedefs: Mapping[str, TypeDef]) -> _Entry:
    if not function.signatures:
        guess = Signature(inputs=[Argument(name=VARIABLE_INPUTS)], outputs=[Argument(name="result")])
        text = "The archive says nothing about its arguments: `varargin` takes them in their order."
        return _Entry(archive, name, _named(guess.inputs, "in"), _named(guess.outputs, "out"), text, typedefs)
    # Further signatures are for editors: the function itself is the same one.
    signature = function.signatures[0]
    outputs = [each for each in signature.outputs if each.name != VARIABLE_OUTPUTS]
    return _Entry(
        archive, name, _named(signature.inputs, "in"), _named(outputs, "out"), signature.help.strip(), typedefs
    )


def _named(arguments: Sequence[Argument], prefix: str) -> dict[str, Argument]:
    """Arguments by names that differ; MATLAB allows to ignore one (``~``), which then has none."""
    named: dict[str, Argument] = {}
    for position, argument in enumerate(arguments, 1):
        usable = argument.name not in ("", "~", *named)
        named[argument.name if usable else f"{prefix}{position}"] = argument
    return named
