"""The one history of the schema; ``upgrade`` runs it, once, however many processes start together."""
