from dataclasses import replace
from pathlib import Path

import pytest
from photo_scene import walk, write_colmap, write_transforms
from PIL import Image

from sv3d_engine.batch.planning import Plan, folder_name, free_name, plan
from sv3d_engine.batch.record import RECORD, Record, read_record, write_record
from sv3d_engine.batch.sources import Wish
from sv3d_engine.batch.tasks import kept_record
from sv3d_engine.orbit.lens import Lens
from sv3d_engine.orbit.photographs import Photograph
from sv3d_engine.shared import protocol


def wish(file: Path, options, colour: int = 0, name: str = "", **said) -> Wish:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        Image.new("RGB", (8, 8), (colour, 0, 0)).save(file)
    options = type(options)(**vars(options))
    vars(options).update(said)
    return Wish(file, options, name)


def do(planned: Plan) -> Plan:
    """As if all were made."""
    for task in planned.tasks:
        write_record(task.folder, Record(task.fingerprint, task.source, done=True))
        for name in ("report.json", "mesh.glb"):
            (task.folder / name).touch()
    return planned


def names(planned: Plan) -> list[str]:
    return [task.name for task in planned.tasks]


def test_each_picture_has_a_folder_of_its_own_name(tmp_path, options) -> None:
    wishes = [
        wish(tmp_path / "a" / "cup.png", options, 1),
        wish(tmp_path / "b" / "CUP.png", options, 2),
        wish(tmp_path / "c" / "cup.jpg", options, 3, name="a/b: c?"),
        wish(tmp_path / "d" / "sheet.png.png", options, 4),
        wish(tmp_path / "d" / "nul.png", options, 5),
    ]
    planned = plan(wishes, tmp_path / "out", again=False)
    assert names(planned) == ["cup", "CUP-2", "a_b_ c_", "sheet.png-2", "_nul"]
    request = planned.tasks[0].request
    assert isinstance(request, protocol.GenerateJob)
    assert (request.job, request.out, request.resume) == ("cup", str(tmp_path / "out" / "cup"), True)
    assert planned.told == ()


def test_an_orbit_is_a_mesh_job_with_its_cameras(orbits, options, tmp_path) -> None:
    frames = [f'{{"file": "00{i}.png", "elevation": 10, "azimuth": {45 * i}}}' for i in range(8)]
    (orbits[0] / "cameras.json").write_text(f'{{"fov_deg": 30, "frames": [{", ".join(frames)}]}}')
    request = plan([Wish(orbits[0], options)], tmp_path / "out", again=False).tasks[0].request
    assert isinstance(request, protocol.MeshJob)
    assert (request.frames, request.cameras) == (str(orbits[0]), str(orbits[0] / "cameras.json"))


def test_a_film_is_a_mesh_job_that_is_known_by_its_content(options, tmp_path) -> None:
    film = tmp_path / "turn.gif"
    frames = [Image.new("RGB", (8, 8), (20 * i, 0, 0)) for i in range(9)]
    frames[0].save(film, save_all=True, append_images=frames[1:])
    (task,) = plan([Wish(film, options)], tmp_path / "out", again=False).tasks
    assert isinstance(task.request, protocol.MeshJob) and task.problem is None
    assert (task.name, task.request.frames, task.request.cameras) == ("turn", str(film), None)
    frames[1].save(film, save_all=True, append_images=frames[2:])
    assert plan([Wish(film, options)], tmp_path / "out", again=False).tasks[0].fingerprint != task.fingerprint


@pytest.mark.parametrize("given", [None, "sparse/0", "sparse/0/cameras.txt", "transforms.json"])
def test_another_tools_cameras_are_part_of_what_is_asked(tmp_path, options, given) -> None:
    """Beside the pictures, and named as a folder or by one of two files: of a changed one the mesh is made again."""
    lens = Lens((1.0, 1.0), size=(8, 8))
    views = [Photograph(f"{i:03d}.png", lens, *camera) for i, camera in enumerate(walk(8))]
    (tmp_path / "shoot").mkdir()
    for i, view in enumerate(views):
        Image.new("RGB", (8, 8), (20 * i, 0, 0)).save(tmp_path / "shoot" / view.file)

    def made_by(photographs: list[Photograph]) -> tuple[str, object]:
        if given == "transforms.json":
            write_transforms(tmp_path / "transforms.json", photographs)
        else:
            write_colmap(tmp_path / "sparse/0", photographs, "PINHOLE", binary=False)
        options.cameras = given and str(tmp_path / given)
        (task,) = plan([Wish(tmp_path / "shoot", options)], tmp_path / "out", again=False).tasks
        return task.fingerprint, task.problem

    first, problem = made_by(views)
    assert first and problem is None and made_by(views)[0] == first
    moved = [replace(view, position=1.1 * view.position) for view in views]
    assert made_by(moved)[0] not in ("", first)


def test_paths_of_the_command_line_are_absolute(tmp_path, options, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    options.weights, options.orbit = "w.safetensors", "my.json"
    Path("w.safetensors").touch()
    Path("my.json").touch()
    request = plan([wish(tmp_path / "cup.png", options)], tmp_path / "out", again=False).tasks[0].request
    assert (request.weights, request.orbit) == (str(tmp_path / "w.safetensors"), "file")
    assert request.cameras == str(tmp_path / "my.json")


def test_the_same_command_finds_what_was_made(tmp_path, options) -> None:
    wishes = [wish(tmp_path / folder / "cup.png", options, i) for i, folder in enumerate("ab")]
    wishes += [wish(tmp_path / "a" / "cup.png", options, seed=5)]
    planned = do(plan(wishes, tmp_path / "out", again=False))
    assert names(planned) == ["cup", "cup-2", "cup-3"]
    again = plan(wishes[::-1], tmp_path / "out", again=False)
    assert names(again) == ["cup-3", "cup-2", "cup"]
    assert all(map(kept_record, again.tasks))
    assert again.told == ()
    (tmp_path / "out" / "cup" / "mesh.glb").unlink()
    assert not kept_record(again.tasks[2]), "its mesh is gone"


def test_equal_pictures_keep_their_own_folders(tmp_path, options) -> None:
    wishes = [wish(tmp_path / folder / "cup.png", options) for folder in "ab"]
    first = do(plan(wishes, tmp_path / "out", again=False))
    again = plan(wishes[::-1], tmp_path / "out", again=False)
    assert {task.source: task.name for task in again.tasks} == {task.source: task.name for task in first.tasks}


def test_what_changes_nothing_is_no_change(tmp_path, options) -> None:
    first = do(plan([wish(tmp_path / "cup.png", options)], tmp_path / "out", again=False))
    same = plan([wish(tmp_path / "cup.png", options, device="cpu", memory="blocks")], tmp_path / "out", again=False)
    assert kept_record(same.tasks[0])
    moved = wish(tmp_path / "elsewhere" / "cup.png", options)
    assert plan([moved], tmp_path / "out", again=False).tasks[0].folder == first.tasks[0].folder


@pytest.mark.parametrize("change", [{"seed": 1}, {"preset": "draft"}, {"orbit": "static"}, {"faces": 900}])
def test_other_settings_are_made_beside_or_anew(tmp_path, options, change) -> None:
    out = tmp_path / "out"
    do(plan([wish(tmp_path / "cup.png", options)], out, again=False))
    beside = plan([wish(tmp_path / "cup.png", options, **change)], out, again=False)
    assert names(beside) == ["cup-2"]
    assert "cup was made from another picture or with other settings; it is made in cup-2" in beside.told[0]
    anew = plan([wish(tmp_path / "cup.png", options, **change)], out, again=True)
    assert names(anew) == ["cup"]
    assert "anew there" in anew.told[0]
    assert not kept_record(anew.tasks[0])


def test_another_picture_or_camera_in_the_same_place_is_a_change(tmp_path, options, orbits) -> None:
    out = tmp_path / "out"
    wishes = [wish(tmp_path / "cup.png", options), Wish(orbits[0], options)]
    do(plan(wishes, out, again=False))
    (tmp_path / "cup.png").unlink()
    wish(tmp_path / "cup.png", options, colour=9)
    Image.new("RGB", (8, 8), (9, 9, 9)).save(orbits[0] / "003.png")
    assert names(plan(wishes, out, again=False)) == ["cup-2", "cow-2"]


def test_two_changed_lines_of_one_picture_take_over_one_folder_each(tmp_path, options) -> None:
    out = tmp_path / "out"
    do(plan([wish(tmp_path / "cup.png", options, seed=s) for s in (1, 2)], out, again=False))
    changed = [wish(tmp_path / "cup.png", options, seed=s) for s in (3, 2, 4)]
    assert names(plan(changed, out, again=True)) == ["cup", "cup-2", "cup-3"]


def test_an_interrupted_one_goes_on_in_its_folder(tmp_path, options) -> None:
    task = plan([wish(tmp_path / "cup.png", options)], tmp_path / "out", again=False).tasks[0]
    write_record(task.folder, Record(task.fingerprint, task.source))
    again = plan([wish(tmp_path / "cup.png", options)], tmp_path / "out", again=False).tasks[0]
    assert again == task
    assert not kept_record(again)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path, options) -> None:
    (tmp_path / "out" / "cup").mkdir(parents=True)
    (tmp_path / "out" / "cup" / RECORD).write_text("{}")
    assert names(plan([wish(tmp_path / "cup.png", options)], tmp_path / "out", again=True)) == ["cup-2"]


def test_asked_for_twice_is_made_once(tmp_path, options) -> None:
    twice = plan([wish(tmp_path / "cup.png", options)] * 2, tmp_path / "out", again=False)
    assert names(twice) == ["cup"]
    assert "made once" in twice.told[0]


def test_what_is_missing_does_not_stop_the_others(tmp_path, options) -> None:
    wishes = [Wish(tmp_path / "none.png", options), wish(tmp_path / "cup.png", options, orbit="/none.json")]
    planned = plan([*wishes, wish(tmp_path / "mug.png", options)], tmp_path / "out", again=False)
    causes = [task.problem and task.problem[0] for task in planned.tasks]
    assert causes[0] == f"There is no {tmp_path / 'none.png'}."
    assert causes[1] == "/none.json cannot be read."
    assert causes[2] is None
    assert not (tmp_path / "out").exists()


def test_records_are_read_as_written_or_not_at_all(tmp_path) -> None:
    record = Record("f", "s", True, 1.5, "Closed", ("a", "b"), "here")
    write_record(tmp_path / "job", record)
    assert read_record(tmp_path / "job") == record
    text = (tmp_path / "job" / RECORD).read_text()
    for damaged in ("", "[]", text.replace('"version": 1', '"version": 2'), text.replace('"card"', '"cards"')):
        (tmp_path / "job" / RECORD).write_text(damaged)
        assert read_record(tmp_path / "job") is None
    assert read_record(tmp_path / "none") is None


def test_names(tmp_path) -> None:
    assert [folder_name(name) for name in ("", ".", "x" * 99, "a\0b", "COM1.x", "ünïcode")] == [
        *("_", "_", "x" * 80, "a_b", "_COM1.x", "ünïcode")
    ]
    assert free_name("Cup", {"cup", "cup-2"}) == "Cup-3"


def test_a_task_goes_to_another_process_and_back(tasks) -> None:
    from sv3d_engine.batch.tasks import as_data, from_data

    broken = replace(tasks[0], problem=("a", "b", "c"))
    assert [from_data(as_data(task)) for task in (tasks[0], broken)] == [tasks[0], broken]
