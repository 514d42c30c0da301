"""The catalogue: services, resources and what is known of each."""
