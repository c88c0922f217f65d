"""The job: asked for, run stage by stage in its folder, reported; by command line or as the add-on's worker."""
