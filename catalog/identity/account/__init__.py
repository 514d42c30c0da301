"""What a person sees and decides about their own account."""
