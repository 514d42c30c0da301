"""Sign-in through the municipality's own identity provider."""
