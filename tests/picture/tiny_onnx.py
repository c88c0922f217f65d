"""A background model of a few bytes with rembg's interface, written by hand: the mask is the picture's brightness."""

from pathlib import Path


def _field(number: int, value: int | bytes | str) -> bytes:
    """One protobuf field: a varint for an int, length-delimited for the rest."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def _tensor(name: str, *shape: int) -> bytes:
    """ValueInfoProto of a float32 tensor."""
    dimensions = b"".join(_field(1, _field(1, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, dimensions)))


def write_brightness_model(path: Path, side: int) -> None:
    """Takes pictures of ``side``² pixels, and none else."""
    axes = _field(1, "axes") + _field(8, 1) + _field(20, 7)  # an attribute of type INTS
    node = _field(1, "picture") + _field(2, "mask") + _field(4, "ReduceMean") + _field(5, axes)
    graph = _field(1, node) + _field(2, "tiny")
    graph += _field(11, _tensor("picture", 1, 3, side, side)) + _field(12, _tensor("mask", 1, 1, side, side))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_field(1, 8) + _field(7, graph) + _field(8, _field(2, 13)))
