"""Writing down by hand what is known of a resource."""
