"""Looks at frames, beside jobs."""

from worker_client import Client

from sv3d_engine.shared import protocol


def _look(client: Client, source: str, name: str = "a look") -> None:
    client.send(protocol.Look(protocol.MeshJob(name, source, "/nowhere", elevation=5.0, cameras_as_given=True)))


def test_a_look_is_answered_while_a_job_runs(client, make_job):
    client.send(make_job("obeys"))
    client.wait_for_note("working")
    _look(client, "orbit")
    looked = client.wait_for(protocol.Looked)
    assert (looked.job, looked.chosen) == ("a look", "--elevation=5.0 --preset=standard --cameras-as-given")
    _look(client, "empty")
    assert client.wait_for(protocol.Error) == protocol.Error(
        "a look", "There are no pictures.", "Choose another folder."
    )


def test_a_look_that_crashes_is_an_error_of_its_own(client):
    _look(client, "crashes")
    assert client.wait_for(protocol.Error).job == "a look"


def test_a_look_that_cannot_begin_is_an_error_of_its_own_and_ends_no_job(client, make_job):
    client.send(make_job("obeys"))
    client.wait_for_note("working")
    _look(client, "no\0path")
    assert client.wait_for(protocol.Error).job == "a look"
    _look(client, "o" * 200_000)  # longer than an argument may be
    assert client.wait_for(protocol.Error).job == "a look"
    _look(client, "orbit")
    assert client.wait_for(protocol.Looked).job == "a look"
    client.send(protocol.Cancel("obeys"))
    assert client.wait_for(protocol.Cancelled, protocol.Error).job == "obeys"


def test_of_two_looks_the_later_is_answered_and_a_cancelled_one_not(client):
    _look(client, "stuck", "first")
    _look(client, "orbit", "second")
    assert client.wait_for(protocol.Looked, protocol.Error).job == "second"
    _look(client, "stuck", "third")
    client.send(protocol.Cancel("third"))
    _look(client, "orbit", "fourth")
    assert client.wait_for(protocol.Looked, protocol.Error).job == "fourth"
