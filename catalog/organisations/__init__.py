"""The municipality's schools; here only the table that a reader chooses their school from."""
