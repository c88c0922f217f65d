"""Blender's own window in German: labels that Blender looks up, and sentences that the add-on composes."""

import shutil
from pathlib import Path

from conftest import STAND_IN

# A locale is a folder of files; to choose a language, Blender wants no more than one by its name.
ANY_LOCALE = Path("/usr/lib/locale/C.utf8")
SAID = "__import__('sys').modules['bl_ext.user_default.sv3d.sv3d_blender.translations'].said"


def test_the_tab_in_german(open_window, picture, tmp_path, monkeypatch):
    shutil.copytree(ANY_LOCALE, tmp_path / "locale" / "de_DE.utf8")
    for name, value in (("LOCPATH", str(tmp_path / "locale")), ("LC_ALL", "de_DE.UTF-8"), ("LANG", "de_DE.UTF-8")):
        monkeypatch.setenv(name, value)
    window = open_window(STAND_IN)
    window.exec("C.preferences.view.use_translate_interface = C.preferences.view.use_translate_tooltips = True")
    assert window.eval("bpy.app.translations.locale") == "de_DE"
    window.exec(f"C.scene.sv3d.picture = D.images.load({str(picture)!r})")
    window.open_sidebar("SV3D")
    window.settle(10)
    window.keep("german")
    assert window.eval("bpy.app.translations.pgettext_iface('Generate', 'Operator')") == "Erzeugen"
    assert window.eval("bpy.app.translations.pgettext_iface('Look Through Picture')") == "Durch das Bild blicken"
    assert window.eval(f"{SAID}('The orbit takes {{time}}.', time=3)") == "Der Rundgang dauert 3."
    window.exec("bpy.ops.sv3d.add_orbit_cameras(preset='sine', around='CURSOR')", "VIEW_3D", "WINDOW")
    window.exec("D.objects['Orbit 09'].data.lens = 20")
    window.settle(20)
    window.keep("german-cameras")
