"""With our programs."""
