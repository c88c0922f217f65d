"""ONNX files written byte by byte: what stands in for a network whose weights cannot be had."""

import struct
from collections.abc import Sequence
from pathlib import Path

FLOAT, INT64, FLOAT16 = 1, 7, 10
_INT, _INTS = 2, 7  # kinds of attributes

Value = tuple[str, int, Sequence[int | str]]  # name, element type, shape


def write_onnx(
    path: Path,
    nodes: Sequence[bytes],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    constants: dict[str, tuple[Sequence[int], Sequence[float]]],
) -> None:
    """A model of operator set 13; ``constants`` by name are shapes and values."""
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"stand-in")
    graph += b"".join(_field(5, _constant(name, *given)) for name, given in constants.items())
    graph += b"".join(_field(11, _value(*value)) for value in inputs)
    graph += b"".join(_field(12, _value(*value)) for value in outputs)
    path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, _number(2, 13)))


def node(operator: str, inputs: Sequence[str], output: str, **attributes: Sequence[int] | int) -> bytes:
    """One operation of a graph."""
    named = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode())
    return named + _field(4, operator.encode()) + b"".join(_field(5, _attribute(*a)) for a in attributes.items())


def _attribute(name: str, value: Sequence[int] | int) -> bytes:
    if isinstance(value, int):
        return _field(1, name.encode()) + _number(3, value) + _number(20, _INT)
    return _field(1, name.encode()) + b"".join(_number(8, each) for each in value) + _number(20, _INTS)


def _constant(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    dims = b"".join(_number(1, side) for side in shape)
    return dims + _number(2, FLOAT) + _field(8, name.encode()) + _field(9, struct.pack(f"<{len(values)}f", *values))


def _value(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    sides = [_number(1, side) if isinstance(side, int) else _field(2, side.encode()) for side in shape]
    tensor = _number(1, kind) + _field(2, b"".join(_field(1, side) for side in sides))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(tag: int, content: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(content)) + content


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))
