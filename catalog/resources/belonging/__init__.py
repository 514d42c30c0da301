"""What resources belong to: services and publishers."""
