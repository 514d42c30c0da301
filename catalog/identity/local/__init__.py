"""Local accounts: a name and a password kept here."""
