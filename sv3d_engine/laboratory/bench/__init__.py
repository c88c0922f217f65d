"""Time and memory of a job's parts."""
