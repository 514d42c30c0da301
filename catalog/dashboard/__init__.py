"""The first page of whoever is signed in: one question answered per panel."""
