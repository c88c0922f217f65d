"""Many jobs at once: what is asked for, done here or on many machines, none twice, told in a table and on a sheet."""
