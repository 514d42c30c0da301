"""How many pupils schools have, by grade and day: figures only, and who says so."""
