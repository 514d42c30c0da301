"""The service: resources, decisions, reviews, and the shell that serves them."""
