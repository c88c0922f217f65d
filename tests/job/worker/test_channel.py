import os

import pytest

from sv3d_engine.job.worker import channel


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr(channel, "LONGEST", 10)
    return tmp_path / "engine.log"


@pytest.mark.parametrize("append", [os.O_APPEND, 0], ids=["appends", "shares a position, as handles do on Windows"])
def test_a_long_log_goes_on_at_its_new_end_for_everyone_who_writes_it(log, append):
    writing = os.open(log, os.O_WRONLY | os.O_CREAT | append)
    runners = os.dup(writing)
    os.write(writing, b"first line\n")
    os.write(runners, b"last line\n")
    channel.trim(log, writing)
    os.write(runners, b"a ")
    os.write(writing, b"new line\n")
    os.close(writing)
    os.close(runners)
    assert log.read_bytes() == b"a new line\n"
    assert log.with_name("engine.log.old").read_bytes() == b"last line\n"


def test_a_short_log_is_left_alone(log):
    with log.open("ab") as stream:
        stream.write(b"0123456789")
        stream.flush()
        channel.trim(log, stream.fileno())
    assert log.read_bytes() == b"0123456789"
    assert not log.with_name("engine.log.old").exists()


def test_a_log_whose_end_cannot_be_kept_is_emptied_all_the_same(log):
    log.with_name("engine.log.old").mkdir()
    with log.open("ab") as stream:
        stream.write(b"0123456789a")
        stream.flush()
        channel.trim(log, stream.fileno())
    assert log.read_bytes() == b""
