"""A bare shape as a GLB."""

import numpy as np
from mesh_shapes import sphere

from sv3d_engine.reconstruction.asset.glb import read_glb
from sv3d_engine.reconstruction.asset.shape_file import write_shape


def test_a_shape_is_read_back_as_it_was_written(tmp_path):
    shape = sphere()
    write_shape(shape.vertices, shape.faces, tmp_path / "coarse.glb")
    found = read_glb(tmp_path / "coarse.glb")
    np.testing.assert_allclose(found.vertices, shape.vertices, atol=1e-6)
    np.testing.assert_array_equal(found.faces, shape.faces)
    assert ((found.normals * found.vertices).sum(1) > 0).all()
