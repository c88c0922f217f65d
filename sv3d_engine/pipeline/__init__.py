"""The job: its settings, its folder, its stages in order, its report."""
