"""How far a download is, how long it takes, and whether there is room for it."""

import hashlib
import shutil
from collections import namedtuple

import pytest

from sv3d_engine.models.metering import Meter, Transfer, check_room, sha256_of, size_text
from sv3d_engine.shared.errors import UserError


def test_the_time_left_goes_by_the_pace_of_the_last_seconds():
    now, told = 0.0, []
    meter = Meter(1000, "x", told.append, lambda: now)
    for second in range(30):
        now = float(second)
        meter(10 * second if second < 15 else 150 + 50 * (second - 15))
    assert told[0].seconds_left is None
    assert told[14].seconds_left == pytest.approx((1000 - 140) / 10)
    assert told[29].seconds_left == pytest.approx((1000 - 850) / 50, rel=0.01)


@pytest.mark.parametrize(("count", "said"), [(4_574_861, "4.6 MB"), (175_997_641, "176 MB"), (9_370_000_000, "9.4 GB")])
def test_sizes_as_one_says_them(count, said):
    assert size_text(count) == said


def test_a_transfer_without_a_size_has_no_share():
    assert Transfer(0, 0, "x", None).fraction == 0.0


def test_a_file_is_hashed_and_that_is_told(tmp_path):
    told = []
    (file := tmp_path / "a.bin").write_bytes(bytes(3_000_000))
    assert sha256_of(file, told.append) == hashlib.sha256(bytes(3_000_000)).hexdigest()
    assert [t.done for t in told] == [1 << 20, 2 << 20, 3_000_000]
    assert told[-1].fraction == 1.0 and told[-1].note == "Checking a.bin"


def test_some_room_is_left_to_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: namedtuple("usage", "free")(200_000_000))
    check_room(tmp_path, 100_000_000)
    with pytest.raises(UserError, match="disk is too full"):
        check_room(tmp_path, 100_000_001)
