"""What the program does for an assessment: each requirement, its control, setting and proof."""
