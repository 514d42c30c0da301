"""The devices that the pupils of each school and grade have."""
