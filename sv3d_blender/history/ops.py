"""What can be done with a job of the history; each acts on the one that is selected there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ..engine.session import session
from ..generate.request import resumed, told_normals
from ..generate.starting import failure_of, take_up
from ..generate.wording import size
from ..preferences.property_group import preferences
from ..translations import said
from . import cleaning
from .catalogue import catalogue
from .jobs import JobRecord, State
from .restoring import request_of, settings_of

_PATHS = ("folder", "cameras", "orbit_file")
_LARGEST = 2**31 - 1  # number that a field holds


class _OnSelected:
    """Disabled without a job that is selected and in one of ``states``."""

    states: tuple[State, ...] = tuple(State)

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not _is_read(cls):
            return False
        record = catalogue.current
        return record is not None and record.state in cls.states


class SV3D_OT_history_resume(_OnSelected, bpy.types.Operator):
    bl_idname = "sv3d.history_resume"
    bl_label = "Resume"
    bl_description = (
        "Go on with this job after its last finished stage, as it was asked for. "
        "Weights, memory and device are those chosen now"
    )
    states = (State.STOPPED, State.FAILED)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not _is_promised(cls) and super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if record := catalogue.current:
            try:
                resume(record, context)
            except (UserError, OSError) as error:
                session.refuse(failure_of(error))
        return {"FINISHED"}


class SV3D_OT_history_settings(_OnSelected, bpy.types.Operator):
    bl_idname = "sv3d.history_settings"
    bl_label = "Same Settings Again"
    bl_description = "Fill in the tab as it was for this job, to change something and generate anew"
    bl_options = {"UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if record := catalogue.current:
            try:
                fill_in(record, context.scene.sv3d)
            except UserError as error:
                self.report({"WARNING"}, f"{error.cause} {error.remedy}")
        return {"FINISHED"}


class SV3D_OT_history_open_folder(_OnSelected, bpy.types.Operator):
    bl_idname = "sv3d.history_open_folder"
    bl_label = "Open Folder"
    bl_description = "Show this job's files in the system's own files window"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        if record := catalogue.current:
            # macOS starts a folder whose name has an ending such as .app as a program.
            folder = record.folder if not record.folder.suffix else record.folder.parent
            if folder.is_dir():
                bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


class _Confirmed:
    """Asks before it does what cannot be undone."""

    bl_label: str

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self, event, title=self.bl_label, message=self.question(), confirm_text=self.bl_label
        )

    def question(self) -> str:
        raise NotImplementedError


class SV3D_OT_history_delete(_OnSelected, _Confirmed, bpy.types.Operator):
    bl_idname = "sv3d.history_delete"
    bl_label = "Delete"
    bl_description = "Delete this job's files. Meshes in files stay; orbit frames that files show are lost"
    states = (State.DONE, State.FAILED, State.STOPPED)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not _is_promised(cls) and super().poll(context)

    def question(self) -> str:
        record = catalogue.current
        if record is None:
            return ""
        return f"Delete {record.title} ({size(record.size)})? Orbit frames that files show are lost."

    def execute(self, _context: bpy.types.Context) -> set[str]:
        if record := catalogue.current:
            _do(cleaning.delete, [record], f"{record.title} has been deleted", tell_kept=True)
        return {"FINISHED"}


class SV3D_OT_history_clean_up(_Confirmed, bpy.types.Operator):
    bl_idname = "sv3d.history_clean_up"
    bl_label = "Clean Up"
    bl_description = (
        "Delete intermediate files of all jobs that are done. "
        "Meshes, frames, pictures and reports stay; jobs that can be resumed stay whole"
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return _is_read(cls) and catalogue.spare > 0 and not catalogue.at_work

    def question(self) -> str:
        return f"Delete {size(catalogue.spare)} of intermediate files? Meshes, frames and reports stay."

    def execute(self, _context: bpy.types.Context) -> set[str]:
        _do(cleaning.clean_up, [record for record in catalogue.records if record.spare], "Cleaned up")
        return {"FINISHED"}


class SV3D_OT_history_dismiss(bpy.types.Operator):
    bl_idname = "sv3d.history_dismiss"
    bl_label = "Dismiss"
    bl_description = "Put this message away"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        catalogue.message = ""
        return {"FINISHED"}


def resume(record: JobRecord, context: bpy.types.Context) -> None:
    """Go on with a job that an earlier Blender or engine has not ended.  Raises UserError."""
    chosen = preferences(context)
    request = request_of(record)
    if isinstance(request, protocol.OrbitJob):
        if request.weights and not chosen.weights:
            raise UserError(
                "This job was made with SV3D's weights, and none are chosen now.",
                "Choose their file in the SV3D preferences, then press Resume.",
            )
        # Neither what to open nor the user's word to fetch something is taken from a folder.
        request = replace(request, weights=None, download=chosen.download and bpy.app.online_access)
    if isinstance(request, protocol.MeshJob | protocol.GenerateJob):
        request = replace(request, normals=told_normals(request.normals, context.scene.sv3d))
    # The file it was for may never have been saved.
    take_up(context, resumed(request, context.scene.sv3d, chosen), record.title, anywhere=False)


def _is_read(operator: type[bpy.types.Operator]) -> bool:
    """Whether the list is known; where nobody has looked at it yet, the search or a menu that asks has it read."""
    if catalogue.was_read:
        return True
    catalogue.look()
    operator.poll_message_set(said("SV3D is looking for jobs: search again in a moment"))
    return False


def _is_promised(operator: type[bpy.types.Operator]) -> bool:
    """Whether this Blender is at work on the selected job, or will be; a disabled button says so."""
    requests = [entry.request for entry in session.queue.waiting]
    if session.busy and session.job:
        requests.append(session.job.request)
    record = catalogue.current
    promised = record is not None and record.folder in {Path(request.out) for request in requests}
    if promised:
        operator.poll_message_set(said("This job is at work, or waits in the queue"))
    return promised


def fill_in(record: JobRecord, settings: bpy.types.PropertyGroup) -> None:
    """Set the tab's fields as they were for a job.  Raises UserError if what it started from is gone."""
    request, problem = record.request, None
    try:
        request = request_of(record)
    except UserError as error:
        problem = error
        if request is None:
            raise
    for name, value in settings_of(request).items():
        if not (problem and name in _PATHS):
            setattr(settings, name, min(value, _LARGEST) if type(value) is int else value)
    if isinstance(request, protocol.OrbitJob):
        settings.picture = None if problem else _image(Path(request.picture), record.title)
    if problem:
        raise problem


def _image(path: Path, title: str) -> bpy.types.Image:
    """A picture file as it is open in Blender."""
    known = [image for image in bpy.data.images if image.source == "FILE" and _is_of(image, path)]
    try:
        image = known[0] if known else bpy.data.images.load(str(path))
    except RuntimeError as error:
        raise UserError("Blender cannot open the picture.", "Choose another one.", str(path)) from error
    if not known and path.stem == "source":  # a copy, which is called like all the others
        image.name = title
    return image


def _is_of(image: bpy.types.Image, path: Path) -> bool:
    return Path(bpy.path.abspath(image.filepath, library=image.library)) == path


def _do(action: Callable[[Path], int], records: list[JobRecord], done: str, *, tell_kept: bool = False) -> None:
    """In the catalogue's thread, for each of these jobs."""
    folders = [record.folder for record in records]

    def work() -> str:
        freed = sum(action(folder) for folder in folders)
        kept = next((folder for folder in folders if tell_kept and folder.exists()), None)
        stays = f" What SV3D did not make stays in {kept}." if kept else ""
        return f"{done}. {size(freed)} are free now.{stays}"

    catalogue.do(work)


CLASSES = (
    SV3D_OT_history_resume,
    SV3D_OT_history_settings,
    SV3D_OT_history_open_folder,
    SV3D_OT_history_delete,
    SV3D_OT_history_clean_up,
    SV3D_OT_history_dismiss,
)
