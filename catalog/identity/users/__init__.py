"""Pages where people and their roles are looked after."""
