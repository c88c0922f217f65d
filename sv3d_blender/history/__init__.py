"""All jobs on disk, whichever Blender and file they were started from."""
