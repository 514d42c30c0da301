"""Who may come in: one-time links for the administrator, and the sessions they open."""
