"""The part of MathWorks' protocol buffers that their Python client uses for numbers and texts.

Field numbers are those of ``MATLAB_Params``, ``MATLAB_Result``, ``MATLAB_Error``, ``MATLAB_Array`` and
``MATLAB_Request_Created`` in the package ``matlab-prodserver-client``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from archives import MatlabError
from values import InvalidValue, Value, char

_TYPES = {"int64": 7, "double": 9, "logical": 10, "char": 11}
_FIELDS = {"int64": 23, "double": 25, "logical": 26, "char": 27}
_NAMES = {number: name for name, number in _TYPES.items()}


def params(body: bytes) -> tuple[int, list[Value]]:
    """``nargout`` and ``rhs`` of a ``MATLAB_Params``."""
    nargout, rhs = 0, []
    for number, value in _fields(body):
        if number == 1:
            nargout = int(value)
        elif number == 2:
            rhs.append(_array(bytes(value)))
    return nargout, rhs


def result(lhs: tuple[Value, ...], error: MatlabError | None) -> bytes:
    """``MATLAB_Result``"""
    if error is None:
        return b"".join(_bytes(1, _array_message(each)) for each in lhs)
    frames = b"".join(
        _bytes(
            3, _bytes(1, each["file"].encode()) + _bytes(2, each["name"].encode()) + _key(3, 0) + bytes([each["line"]])
        )
        for each in error.stack
    )
    return _bytes(2, _bytes(1, str(error).encode()) + _bytes(2, error.id.encode()) + frames)


def created(url: str) -> bytes:
    """``MATLAB_Request_Created``"""
    return _bytes(2, url.encode())


def _array(message: bytes) -> Value:
    mwtype, size, data = "", (), b""
    for number, value in _fields(message):
        if number == 1:
            mwtype = _NAMES.get(int(value), "")
        elif number == 2:
            size = tuple(_varints(bytes(value)))
        elif number == _FIELDS.get(mwtype):
            data = next((bytes(each) for index, each in _fields(bytes(value)) if index == 1), b"")
    match mwtype:
        case "double":
            return Value("double", size, list(struct.unpack(f"<{len(data) // 8}d", data)))
        case "int64":
            return Value("int64", size, [each - 2**64 if each >= 2**63 else each for each in _varints(data)])
        case "logical":
            return Value("logical", size, [bool(each) for each in data])
        case "char":
            return char("".join(map(chr, _varints(data))))
    raise InvalidValue("a type that this server does not read in protocol buffers")


def _array_message(value: Value) -> bytes:
    match value.mwtype:
        case "double":
            data = struct.pack(f"<{len(value.data)}d", *value.data)
        case "int64":
            data = b"".join(_varint(each % 2**64) for each in value.data)
        case "logical":
            data = bytes(value.data)
        case "char":
            data = b"".join(_varint(ord(each)) for each in value.data)
        case other:
            raise InvalidValue(f"{other} is not written in protocol buffers by this server")
    size = b"".join(map(_varint, value.size))
    head = _key(1, 0) + _varint(_TYPES[value.mwtype]) + _bytes(2, size)
    return head + _bytes(_FIELDS[value.mwtype], _bytes(1, data))


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Fields of a message with their numbers; messages, texts and packed lists as bytes."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        match key & 7:
            case 0:
                value, at = _read_varint(message, at)
                yield key >> 3, value
            case 2:
                length, at = _read_varint(message, at)
                yield key >> 3, message[at : at + length]
                at += length
            case other:
                raise InvalidValue(f"wire type {other}")


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _read_varint(data, at)
        yield value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _bytes(number: int, data: bytes) -> bytes:
    return _key(number, 2) + _varint(len(data)) + data
