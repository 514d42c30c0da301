"""The administrator's desk: what waits, what readers reported, and the ways to everything else."""
