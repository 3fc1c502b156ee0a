"""What the panel says, in Turkish and English."""
