"""The one engine of this Blender: kept, let go, exchanged and ended."""

from conftest import STAND_IN, gone, part, turn_until
from test_session import choose


def test_engine_stays_warm_between_jobs(blender, session, orbit_folder):
    pids = []
    choose(blender, orbit_folder)
    for _ in range(2):
        blender.ops.sv3d.generate()
        turn_until(lambda: not session.busy and not session.waiting_to_deliver)
        pids.append(session.engine.process.pid)
    assert pids[0] == pids[1]
    assert {"wedge", "wedge.001"} <= set(blender.data.objects.keys())


def test_idle_engine_is_let_go_and_the_next_job_gets_a_new_one(blender, session, orbit_folder, monkeypatch):
    choose(blender, orbit_folder)
    blender.ops.sv3d.check_engine()
    turn_until(lambda: not session.checking)
    pid = session.engine.process.pid
    monkeypatch.setattr(part("engine.engine"), "_WARM_SECONDS", 0.0)
    session.tick()
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy)
    assert session.job.phase.name == "DONE"
    assert gone(pid)


def test_engine_ends_with_the_addon(blender, session):
    session.check(str(STAND_IN))
    turn_until(lambda: not session.checking)
    assert blender.app.timers.is_registered(session.timer)
    pid = session.engine.process.pid
    session.shutdown()
    assert gone(pid)
    assert not blender.app.timers.is_registered(session.timer)


def test_another_python_is_another_engine_and_the_check_of_the_first_is_over(blender, session, orbit_folder, tmp_path):
    other = tmp_path / "python"
    other.symlink_to(STAND_IN)
    session.check(str(STAND_IN))
    first = session.engine.process
    part("preferences.property_group").preferences(blender.context).python = str(other)
    choose(blender, orbit_folder)
    blender.ops.sv3d.generate()
    assert not session.checking
    turn_until(lambda: not session.busy)
    assert session.job.phase.name == "DONE"
    assert session.engine.process is not first
    assert first.join(5.0)


def test_an_engine_at_work_is_not_released(blender, session, orbit_folder, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "1")
    choose(blender, orbit_folder)
    blender.ops.sv3d.generate()
    turn_until(lambda: session.job.stage)
    pid = session.engine.process.pid
    session.release()
    turn_until(lambda: not session.busy)
    assert session.job.phase.name == "DONE"
    session.release()
    assert session.engine.process is None
    assert gone(pid)
